//! What an evaluation reads of a family's calibration record.

use serde::Deserialize;

use super::plan::sha256;

/// The part of a record that a verdict rests on; a record holds more.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Record {
    /// SHA-256 of the scenario's file.
    pub text_sha256: String,
    /// Version of the rules.
    pub rules_version: u32,
    /// Whether all nine points hold.
    pub passed: bool,
    /// The computed floor of competence.
    pub floor: f64,
    /// Mean return of the random agent where competence is read.
    pub random: f64,
    /// Mean return of the negative control there.
    pub negative: f64,
}

impl Record {
    /// The record in a text, if it is one that holds for this scenario file and these rules.
    pub fn valid(text: &str, scenario: &str) -> Option<Self> {
        let record: Self = serde_json::from_str(text).ok()?;
        let numbers = [record.floor, record.random, record.negative];
        let holds = record.passed
            && record.rules_version == crate::RULES_VERSION
            && record.text_sha256 == sha256(scenario.as_bytes())
            && numbers.iter().all(|n| n.is_finite())
            && record.negative > record.random;
        holds.then_some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_another_file_or_other_rules_is_none() {
        let text = |file: &str, rules: u32, passed: bool| {
            format!(
                "{{\"text_sha256\":\"{}\",\"rules_version\":{rules},\"passed\":{passed},\"floor\":0.5,\"random\":1,\"negative\":9}}",
                sha256(file.as_bytes())
            )
        };
        let rules = crate::RULES_VERSION;
        assert!(Record::valid(&text("a", rules, true), "a").is_some());
        assert_eq!(Record::valid(&text("a", rules, true), "b"), None);
        assert_eq!(Record::valid(&text("a", rules + 1, true), "a"), None);
        assert_eq!(Record::valid(&text("a", rules, false), "a"), None);
        assert_eq!(Record::valid("{}", "a"), None);
    }
}
