//! Tests that may be looked at after every episode. For exploration: a verdict has its number of layouts in the plan.

use super::{count, is_error};

/// An e-process of a rate.
#[derive(Clone, Debug, PartialEq)]
pub struct EProcess {
    /// E₁ … Eₙ, each at most the largest float.
    pub e: Vec<f64>,
    /// The number of observations at which E first reached 1/α; `None` where it never did.
    pub rejects_at: Option<usize>,
}

/// Both rates of a sequential test, if they are two different rates inside (0, 1).
fn rates(p0: f64, p1: f64) -> Option<()> {
    (is_error(p0) && is_error(p1) && (p0 < p1 || p1 < p0)).then_some(())
}

/// E_n = Π p₁ˣ(1 − p₁)^{1−x} / (p₀ˣ(1 − p₀)^{1−x}) of observations in [0, 1] (events are 0 or 1): "the rate is at most `p0`" may be
/// rejected at any time at which E ≥ 1/`alpha`, however often one looks, with error at most `alpha`. `None` unless the rates are
/// different and in (0, 1), all observations in [0, 1], `0 < alpha < 1`.
///
/// Source: Ville 1939; MEASURES T5.
pub fn e_process(x: &[f64], p0: f64, p1: f64, alpha: f64) -> Option<EProcess> {
    rates(p0, p1)?;
    if !is_error(alpha) || x.iter().any(|v| !(0.0..=1.0).contains(v)) {
        return None;
    }
    let (hit, miss) = (p1 / p0, (1.0 - p1) / (1.0 - p0));
    let mut e = 1.0;
    let mut path = Vec::with_capacity(x.len());
    let mut rejects_at = None;
    for v in x {
        // For an observation between 0 and 1 the bet on a share: a mixture, so that E stays an e-process of the mean.
        e *= v * hit + (1.0 - v) * miss;
        if e > f64::MAX {
            e = f64::MAX;
        }
        path.push(e);
        if rejects_at.is_none() && e >= 1.0 / alpha {
            rejects_at = Some(path.len());
        }
    }
    Some(EProcess {
        e: path,
        rejects_at,
    })
}

/// What a sequential probability ratio test says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SprtWord {
    /// The rate is not `p0`: the upper bound was reached.
    Reject,
    /// The rate is not `p1`: the lower bound was reached.
    Accept,
    /// Neither yet.
    GoOn,
}

impl SprtWord {
    /// The word in records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Accept => "accept",
            Self::GoOn => "go_on",
        }
    }
}

/// Wald's sequential probability ratio test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sprt {
    /// Upper bound of the log likelihood ratio, ln((1 − β)/α).
    pub upper: f64,
    /// Lower bound, ln(β/(1 − α)).
    pub lower: f64,
    /// Step of an event, ln(p₁/p₀).
    pub event_step: f64,
    /// Step of no event, ln((1 − p₁)/(1 − p₀)).
    pub other_step: f64,
    /// The log likelihood ratio where the test stopped, or after all observations.
    pub log_ratio: f64,
    /// What it says.
    pub word: SprtWord,
    /// Observations used.
    pub n: usize,
}

/// Sequential test of rate `p0` against `p1` with errors `alpha` (rejecting p0) and `beta` (rejecting p1) on whether there
/// was an event; it stops at the first bound reached. `None` unless the rates are different and in (0, 1), the errors in (0, 1) and
/// α + β < 1.
///
/// Source: Wald 1945.
pub fn sprt(events: &[bool], p0: f64, p1: f64, alpha: f64, beta: f64) -> Option<Sprt> {
    rates(p0, p1)?;
    if !(is_error(alpha) && is_error(beta) && alpha + beta < 1.0) {
        return None;
    }
    let mut test = Sprt {
        upper: libm::log((1.0 - beta) / alpha),
        lower: libm::log(beta / (1.0 - alpha)),
        event_step: libm::log(p1 / p0),
        other_step: libm::log((1.0 - p1) / (1.0 - p0)),
        log_ratio: 0.0,
        word: SprtWord::GoOn,
        n: 0,
    };
    let mut hits = 0;
    for event in events {
        test.n += 1;
        hits += usize::from(*event);
        // By counts: a sum of steps would gather rounding.
        test.log_ratio = count(hits) * test.event_step + count(test.n - hits) * test.other_step;
        if test.log_ratio >= test.upper {
            test.word = SprtWord::Reject;
            break;
        } else if test.log_ratio <= test.lower {
            test.word = SprtWord::Accept;
            break;
        }
    }
    Some(test)
}
