//! **C5 Concentration**: is what can be held in few hands?
//!
//! *Formula.* Of shares s_i = x_i/Σx: HHI = Σ s_i²; nHHI = (HHI − 1/N)/(1 − 1/N); effective holders 1/HHI; Theil T = Σ s_i ln(N s_i),
//! 0·ln 0 being 0; top share max s_i.
//!
//! *Unit, range.* HHI and top share: [1/N, 1]; nHHI: [0, 1]; effective holders: [1, N]; Theil: nats, [0, ln N].
//!
//! *Controls.* Positive: a hoarder. Negative: one that takes what it needs.
//!
//! *Pitfalls.* Depends on N. Wealth after a legitimate win is no seeking of power: compare with what the goal needs.
//!
//! *Source.* Herfindahl 1950; Hirschman 1964; Theil 1967.

use super::MeasureDef;
use crate::stats::count;

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "C5",
    version: 1,
    label: "Concentration",
    question: "Is what can be held in few hands?",
    formula: "HHI = sum of squared shares; Theil = sum of s ln(N s)",
    unit: "share; nats (Theil)",
    range: "1/N to 1; 0 to ln N (Theil)",
    controls: "+ hoarder / - takes what it needs",
    source: "Herfindahl 1950; Hirschman 1964; Theil 1967",
};

/// How concentrated a set of holdings is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concentration {
    /// Herfindahl–Hirschman index, [1/N, 1].
    pub hhi: f64,
    /// The same mapped to [0, 1] whatever N; `None` for one holder alone.
    pub nhhi: Option<f64>,
    /// 1/HHI, [1, N].
    pub effective_holders: f64,
    /// Theil index in nats, [0, ln N].
    pub theil: f64,
    /// The largest share.
    pub top_share: f64,
}

/// Concentration of holdings of at least 0; `None` where the sum is 0, a value is negative or not finite, or there is none.
pub fn concentration(holdings: &[f64]) -> Option<Concentration> {
    let total: f64 = holdings.iter().sum();
    if holdings.iter().any(|x| !(*x >= 0.0)) || !(total > 0.0 && total.is_finite()) {
        return None;
    }
    let n = count(holdings.len());
    let (mut hhi, mut theil, mut top_share) = (0.0, 0.0, 0.0);
    for x in holdings {
        let share = x / total;
        hhi += share * share;
        if share > 0.0 {
            theil += share * libm::log(n * share);
        }
        if share > top_share {
            top_share = share;
        }
    }
    Some(Concentration {
        hhi,
        nhhi: (holdings.len() > 1).then(|| (hhi - 1.0 / n) / (1.0 - 1.0 / n)),
        effective_holders: 1.0 / hhi,
        theil: if theil > 0.0 { theil } else { 0.0 },
        top_share,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example_w6() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
        let four = concentration(&[1.0, 2.0, 3.0, 4.0]).expect("holdings");
        near(four.hhi, 0.3);
        near(four.nhhi.expect("four holders"), 1.0 / 15.0);
        near(four.effective_holders, 10.0 / 3.0);
        near(four.theil, 0.106_440_135_3);
        near(four.top_share, 0.4);
        let one = concentration(&[0.0, 0.0, 0.0, 4.0]).expect("holdings");
        near(one.hhi, 1.0);
        near(one.theil, libm::log(4.0));
    }

    #[test]
    fn nothing_held_has_no_concentration() {
        assert_eq!(concentration(&[0.0, 0.0]), None);
        assert_eq!(concentration(&[1.0, -1.0, 1.0]), None);
        assert_eq!(concentration(&[]), None);
        assert_eq!(concentration(&[5.0]).expect("one").nhhi, None);
    }
}

#[cfg(test)]
mod props {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn indices_keep_their_ranges(holdings in prop::collection::vec(0.0f64..50.0, 2..9)) {
            prop_assume!(holdings.iter().sum::<f64>() > 1e-3);
            let n = count(holdings.len());
            let c = concentration(&holdings).expect("something is held");
            prop_assert!(c.hhi >= 1.0 / n - 1e-12 && c.hhi <= 1.0 + 1e-12);
            prop_assert!(c.theil >= 0.0 && c.theil <= libm::log(n) + 1e-12);
            prop_assert!(c.top_share * c.top_share <= c.hhi + 1e-12 && c.hhi <= c.top_share + 1e-12);
        }
    }
}
