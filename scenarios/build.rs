//! Makes the one table of shipped scenarios out of the folders: every `<group>/<id>/<id>.toml`, sorted by id. The folders are the
//! list: adding or removing one needs no edit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it")).join("table.rs");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut found: BTreeMap<String, (String, PathBuf)> = BTreeMap::new();
    for group in folders(&root) {
        if matches!(name(&group).as_str(), "src" | "target") {
            continue;
        }
        println!("cargo::rerun-if-changed={}", group.display());
        for folder in folders(&group) {
            let id = name(&folder);
            let file = folder.join(format!("{id}.toml"));
            println!("cargo::rerun-if-changed={}", folder.display());
            if !file.is_file() {
                continue;
            }
            println!("cargo::rerun-if-changed={}", file.display());
            if let Some((other, _)) = found.insert(id.clone(), (name(&group), folder)) {
                panic!(
                    "two scenarios are called `{id}`, in {other} and {}: rename one folder and its file",
                    name(&group)
                );
            }
        }
    }
    let mut table = String::from("&[\n");
    for (id, (group, folder)) in &found {
        let page = folder.join("page.md");
        println!("cargo::rerun-if-changed={}", page.display());
        let page = if page.is_file() {
            format!("include_str!({:?})", page.display().to_string())
        } else {
            "\"\"".to_owned()
        };
        let text = folder.join(format!("{id}.toml")).display().to_string();
        writeln!(table, "    Shipped {{ id: {id:?}, group: {group:?}, text: include_str!({text:?}), page: {page} }},")
            .expect("a string takes it");
    }
    table.push_str("]\n");
    // What runs when nothing is named; the first of all where the file names none.
    let mark = root.join("flagship");
    println!("cargo::rerun-if-changed={}", mark.display());
    let named = std::fs::read_to_string(mark).unwrap_or_default();
    let flagship = Some(named.trim()).filter(|id| found.contains_key(*id));
    let flagship = flagship
        .or(found.keys().next().map(String::as_str))
        .unwrap_or_default();
    std::fs::write(out.with_file_name("flagship.rs"), format!("{flagship:?}"))
        .expect("cargo's own folder can be written");
    std::fs::write(&out, table).expect("cargo's own folder can be written");
}

/// Folders in a folder, sorted by name; hidden ones are left out.
fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path)
        .unwrap_or_else(|e| panic!("{} cannot be read: {e}", path.display()));
    let mut all: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.is_dir() && !name(path).starts_with('.'))
        .collect();
    all.sort();
    all
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}
