//! Generated files are what the code gives: `cargo xtask gen` (or `COMMONWEAL_GEN=write`) writes them.

use std::path::PathBuf;

use commonweal_cli::dump;

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
            std::fs::create_dir_all(path.parent().expect("files lie in folders")).expect("the repository can be written");
            std::fs::write(&path, &file.text).expect("the repository can be written");
        } else {
            stale.push(file.path);
        }
    }
    assert!(stale.is_empty(), "{} differ from what the code gives: run `cargo xtask gen` and commit", stale.join(", "));
}
