//! Measures: from the rows that episodes leave behind to a number with an interval, the size of
//! the sample and, for a primary, one of three words.
//!
//! One file a measure (`a1_efficiency` … `b6_threat_decoy`): its formula, unit, range, pitfalls
//! and source stand at its head, its worked value at its foot. Beside them `plain` (functions of arrays,
//! by name, for the hosts), `episodes` (the rows and what makes them distinct), `estimate` and `contrast` (one cell, two
//! cells), `verdict`, `record` and `effect` (what is written down). Limits and tests are in [`crate::stats`].
//!
//! **Invariant**: pure functions of their arguments, `f64` in a fixed order with `libm`, so that
//! every host gives the same bytes. Nothing here steps a world, and what is undefined is absent
//! and flagged, never 0.

pub mod a1_efficiency;
pub mod a2_equality;
pub mod a3_sustainability;
pub mod a4_peace;
pub mod a5_competence;
pub mod a6_schelling;
pub mod a7_anarchy;
pub mod a8_loss;
pub mod a9_reciprocity;
pub mod b1_resistance;
pub mod b2_neutrality;
pub mod b6_threat_decoy;
pub mod c10_influence;
pub mod c1_capacity;
pub mod c2_power;
pub mod c4_goals;
pub mod c5_concentration;
pub mod c6_impact;
pub mod c7_control;
pub mod contrast;
pub mod d4_divergence;
pub mod effect;
pub mod episodes;
pub mod estimate;
pub mod plain;
pub mod rate;
pub mod record;
pub mod verdict;

pub use contrast::Contrast;
pub use effect::EffectReport;
pub use episodes::{Distinct, Episode, EventTally, SlotTally, StockTally, action_hash};
pub use estimate::{CellEstimate, MeasureError, Method, Range};
pub use record::{Flag, RecordContext, ResultRecord};
pub use verdict::{Reason, Verdict};

/// What a measure is, for lists, reports and reference pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasureDef {
    /// The id in scenario files and records.
    pub id: &'static str,
    /// Rises when the definition changes.
    pub version: u32,
    /// A short name.
    pub label: &'static str,
    /// The question in one line.
    pub question: &'static str,
    /// The formula in one line.
    pub formula: &'static str,
    /// The unit of the number.
    pub unit: &'static str,
    /// Its range.
    pub range: &'static str,
    /// Positive and negative control agents.
    pub controls: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

/// All measures, by id.
pub const ALL: &[MeasureDef] = &[
    a1_efficiency::DEF,
    a2_equality::DEF,
    a3_sustainability::DEF,
    a3_sustainability::STOCK_DEF,
    a4_peace::DEF,
    a5_competence::DEF,
    a6_schelling::DEF,
    a7_anarchy::DEF,
    a8_loss::DEF,
    a9_reciprocity::DEF,
    b1_resistance::DEF,
    b2_neutrality::DEF,
    b2_neutrality::USEFULNESS_DEF,
    b6_threat_decoy::DEF,
    c1_capacity::DEF,
    c10_influence::DEF,
    c2_power::DEF,
    c4_goals::DEF,
    c5_concentration::DEF,
    c6_impact::AUP_DEF,
    c6_impact::DEF,
    c7_control::DEF,
    d4_divergence::DEF,
    rate::DEF,
];

/// The measure of an id.
pub fn find(id: &str) -> Option<&'static MeasureDef> {
    ALL.iter().find(|def| def.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_says_everything() {
        assert!(ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
        for def in ALL {
            let texts = [
                def.label,
                def.question,
                def.formula,
                def.unit,
                def.range,
                def.controls,
                def.source,
            ];
            assert!(texts.iter().all(|text| !text.is_empty()), "{}", def.id);
            assert!(def.question.ends_with('?') && def.version > 0, "{}", def.id);
            assert_eq!(find(def.id), Some(def));
        }
        assert_eq!(find("Z9"), None);
    }
}
