//! `[pools]`: which maps and residents belong to training, which to testing, and what is held out.
//!
//! **Invariant.** A map that both pools hold, where the one says that its layouts are disjoint, is refused, also under another name:
//! maps are compared by what is drawn.

use sha2::{Digest, Sha256};

use super::doc::Node;
use super::file::{HeldOutFile, LayoutsWord, PoolFile};
use super::names::suggest;
use super::read::Reader;

/// A pool: what training or testing draws from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pool {
    /// Maps, in file order; all of the file where the pool names none.
    pub maps: Vec<String>,
    /// Residents that may sit in background slots; empty: those that the roles name.
    pub residents: Vec<String>,
    /// Whether no map of the other pool may be among its own.
    pub disjoint: bool,
}

/// `[pools]`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pools {
    /// What the domain train draws from.
    pub train: Pool,
    /// What all other domains draw from.
    pub test: Pool,
    /// SHA-256 of maps that are in no file, in hexadecimal: see [`map_hash`].
    pub held_out: Vec<String>,
}

/// SHA-256 of the rows of a map, each with its line end (LF), in hexadecimal.
pub fn map_hash(rows: &str) -> String {
    let mut sha = Sha256::new();
    for line in rows.lines() {
        sha.update(line.as_bytes());
        sha.update(b"\n");
    }
    let digest = sha.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads and checks the pools of a (patched) tree. Without `[pools]` both hold all maps.
pub(crate) fn read(tree: &Node, reader: &mut Reader<'_>) -> Pools {
    let maps = tree.get("maps").map_or(&[][..], Node::entries);
    let rows = |node: &Node| node.get("rows").and_then(Node::text).map(map_hash);
    let maps: Vec<(&str, Option<String>)> = maps
        .iter()
        .map(|(name, node)| (name.as_str(), rows(node)))
        .collect();
    let mut out = Pools::default();
    for (name, node) in tree.get("pools").map_or(&[][..], Node::entries) {
        match name.as_str() {
            "train" => out.train = pool(tree, name, node, &maps, reader),
            "test" => out.test = pool(tree, name, node, &maps, reader),
            "held_out" => out.held_out = held_out(node, &maps, reader),
            _ => {
                let help = suggest(name, ["train", "test", "held_out"]);
                reader.error(
                    "E101",
                    node.key,
                    format!("[pools] has no field `{name}`"),
                    help,
                );
            }
        }
    }
    check_disjoint(tree, &out, &maps, reader);
    for pool in [&mut out.train, &mut out.test] {
        if pool.maps.is_empty() {
            pool.maps = maps.iter().map(|(name, _)| (*name).to_owned()).collect();
        }
    }
    out
}

fn pool(
    tree: &Node,
    name: &str,
    node: &Node,
    maps: &[(&str, Option<String>)],
    reader: &mut Reader<'_>,
) -> Pool {
    let path = format!("pools.{name}");
    let Some(file) = reader.read::<PoolFile>(node, &path) else {
        return Pool::default();
    };
    let bots: Vec<&str> = tree
        .get("bots")
        .map_or(&[][..], Node::entries)
        .iter()
        .filter(|(_, bot)| bot.get("kind").and_then(Node::text) == Some("resident"))
        .map(|(name, _)| name.as_str())
        .collect();
    let known: Vec<&str> = maps.iter().map(|(name, _)| *name).collect();
    let residents = file.residents.unwrap_or_default();
    for (field, names, legal, what) in [
        ("maps", &file.maps, &known, "map of the file"),
        ("residents", &residents, &bots, "resident of the file"),
    ] {
        for (i, name) in names.iter().enumerate() {
            if !legal.contains(&name.as_str()) {
                let at = node.at(&format!("{field}[{i}]"));
                let help = suggest(name, legal.iter().copied());
                let message = format!("{path}.{field} names `{name}`, which is no {what}");
                reader.error("E103", at.map_or(node.key, |n| n.span), message, help);
            }
        }
    }
    Pool {
        maps: file.maps,
        residents,
        disjoint: file.layouts == LayoutsWord::Disjoint,
    }
}

fn held_out(node: &Node, maps: &[(&str, Option<String>)], reader: &mut Reader<'_>) -> Vec<String> {
    let Some(file) = reader.read::<HeldOutFile>(node, "pools.held_out") else {
        return Vec::new();
    };
    for (i, hash) in file.sha256.iter().enumerate() {
        let at = node
            .at(&format!("sha256[{i}]"))
            .map_or(node.key, |n| n.span);
        let digits = hash
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if hash.len() != 64 || !digits {
            let message = "`pools.held_out.sha256` must hold SHA-256 in hexadecimal";
            reader.error("E201", at, message, "write 64 of 0-9 and a-f");
        } else if let Some((name, _)) = maps.iter().find(|(_, h)| h.as_ref() == Some(hash)) {
            let message = format!("maps.{name} is held out, and stands in this file");
            reader.error("E414", at, message, "keep what is held out elsewhere");
        }
    }
    file.sha256
}

fn check_disjoint(
    tree: &Node,
    pools: &Pools,
    maps: &[(&str, Option<String>)],
    reader: &mut Reader<'_>,
) {
    if !(pools.train.disjoint || pools.test.disjoint) {
        return;
    }
    let hash = |name: &String| {
        let map = maps.iter().find(|(n, _)| n == name);
        map.and_then(|(_, hash)| hash.as_ref())
    };
    let all: Vec<String> = maps.iter().map(|(n, _)| (*n).to_owned()).collect();
    let of = |pool: &Pool| {
        if pool.maps.is_empty() {
            all.clone()
        } else {
            pool.maps.clone()
        }
    };
    for test in of(&pools.test) {
        let same = |train: &String| hash(train).is_some() && hash(train) == hash(&test);
        if let Some(train) = of(&pools.train).iter().find(|train| same(train)) {
            let at = tree
                .at("pools.test")
                .or(tree.get("pools"))
                .map_or(tree.span, |n| n.key);
            let both = if *train == test {
                format!("maps.{test} is in both")
            } else {
                format!("maps.{test} is drawn as maps.{train}")
            };
            let message = format!("the pools train and test are to be disjoint, and {both}");
            reader.error("E414", at, message, "draw another map for one of them");
        }
    }
}
