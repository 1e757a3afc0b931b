//! The shipped scenarios: one table, made by the build script from the folders `<group>/<id>/`.
//!
//! **Invariant.** Plain texts, sorted by id; nothing here reads or checks them. The folders are the list.
#![forbid(unsafe_code)]

/// A shipped scenario.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shipped {
    /// Its name: the folder's.
    pub id: &'static str,
    /// The folder above: what it is about.
    pub group: &'static str,
    /// The scenario file.
    pub text: &'static str,
    /// Its page, Markdown; empty when there is none.
    pub page: &'static str,
}

/// All of them, sorted by id.
pub const ALL: &[Shipped] = include!(concat!(env!("OUT_DIR"), "/table.rs"));

/// The name of the one that runs when nothing is named: what the file `flagship` says.
pub const FLAGSHIP: &str = include!(concat!(env!("OUT_DIR"), "/flagship.rs"));

/// The scenario of that name.
pub fn named(id: &str) -> Option<&'static Shipped> {
    ALL.binary_search_by(|shipped| shipped.id.cmp(id))
        .ok()
        .map(|i| &ALL[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_scenario_is_found_by_its_name() {
        for shipped in ALL {
            assert_eq!(named(shipped.id), Some(shipped));
            assert!(
                shipped.text.contains("format = 1"),
                "{} is no scenario file",
                shipped.id
            );
        }
        assert_eq!(named("no_such_scenario"), None);
    }

    #[test]
    fn the_flagship_is_shipped() {
        assert!(named(FLAGSHIP).is_some());
    }

    #[test]
    fn ids_are_sorted_and_no_two_are_equal() {
        assert!(ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
