//! Generated files are what the code gives: `cargo xtask gen` (or `COMMONWEAL_GEN=write`) writes them.

use std::path::PathBuf;

use commonweal_cli::dump;
use serde_json::Value;

#[test]
fn generated_files_are_up_to_date() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let write = std::env::var_os("COMMONWEAL_GEN").is_some_and(|mode| mode == "write");
    let mut stale = Vec::new();
    for file in dump::files() {
        let path = root.join(file.path);
        if std::fs::read_to_string(&path).is_ok_and(|found| found == file.text) {
            continue;
        }
        if write {
            std::fs::create_dir_all(path.parent().expect("files lie in folders"))
                .expect("the repository can be written");
            std::fs::write(&path, &file.text).expect("the repository can be written");
        } else {
            stale.push(file.path);
        }
    }
    assert!(
        stale.is_empty(),
        "{} differ from what the code gives: run `cargo xtask gen` and commit",
        stale.join(", ")
    );
}

/// What the page shows as recorded belongs to this engine and these scenarios. To write it anew:
/// `commonweal dump recorded web-demo/public/recorded switch_and_successor commons_harvest`.
#[test]
fn recorded_effects_are_of_these_rules() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../web-demo/public/recorded");
    let read = |name: &str| -> Value {
        let text =
            std::fs::read_to_string(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
    };
    for scenario in ["commons_harvest", "switch_and_successor"] {
        let effects = read(&format!("{scenario}.json"));
        for effect in effects.as_array().expect("a list") {
            assert_eq!(
                effect["rules_version"],
                commonweal_core::RULES_VERSION,
                "{scenario}"
            );
            assert_eq!(effect["source"], "recorded", "{scenario}");
        }
    }
}
