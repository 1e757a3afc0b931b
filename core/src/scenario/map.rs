//! The map as text, its legend, and whether what matters can be reached.
//!
//! **Invariant.** Rows and columns of the map as written; padding and mirroring come later (`tables.rs`). A broken map is still
//! read as far as it goes, so that the rest of the file is checked too.

use super::doc::{Data, Node};
use super::file::{MapFile, MirrorWord};
use super::names::suggest;
use super::read::Reader;
use super::text::{Quotes, text_at};
use crate::diagnostic::Span;
use crate::ids::{KindId, Num, ONE, RoleId};
use crate::state::{Kind, Layer};

/// Most rows and columns.
pub(crate) const MAX_SIDE: usize = 128;

/// What stands in a cell before any draw.
#[derive(Clone, Debug, Default)]
pub(crate) struct CellPlan {
    /// Kinds that are always there.
    pub(crate) kinds: Vec<KindId>,
    /// Kinds that are there with a chance.
    pub(crate) maybe: Vec<(KindId, Num)>,
    /// Role that may spawn here.
    pub(crate) spawn: Option<RoleId>,
    /// Whether it is a place to begin only: its first slots spawn here, and nobody returns.
    pub(crate) first: bool,
    /// Area of the cell, by its place in [`MapPlan::areas`].
    pub(crate) area: Option<usize>,
    /// Its legend entry, by its place in [`MapPlan::entries`], and the place of its glyph among the entry's, from 1.
    pub(crate) entry: Option<(usize, i64)>,
    /// The glyph in the file.
    pub(crate) at: Span,
}

/// What a legend entry says beside kinds and spawns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    /// Its glyphs.
    pub(crate) key: String,
    /// Variables of its things: name and value.
    pub(crate) values: Vec<(String, Node)>,
    /// Whether the values are dealt anew at reset.
    pub(crate) shuffle: bool,
    /// Sets of kinds, one of which is chosen at reset, with their weights.
    pub(crate) choose: Vec<(Vec<KindId>, Num)>,
}

/// A map that was read.
#[derive(Clone, Debug)]
pub(crate) struct MapPlan {
    pub(crate) name: String,
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// Row by row.
    pub(crate) cells: Vec<CellPlan>,
    pub(crate) mirror: MirrorWord,
    /// The legend, in the order of the file.
    pub(crate) entries: Vec<Entry>,
    /// Names of areas, in the order of the legend.
    pub(crate) areas: Vec<String>,
    /// Whether it is a torus.
    pub(crate) wrap: bool,
}

impl MapPlan {
    /// Kinds that may be chosen for a cell.
    pub(crate) fn chosen<'a>(&'a self, cell: &CellPlan) -> impl Iterator<Item = &'a KindId> {
        let entry = cell.entry.map(|(entry, _)| &self.entries[entry]);
        entry
            .into_iter()
            .flat_map(|e| e.choose.iter().flat_map(|(kinds, _)| kinds))
    }
    /// How many cells a role can spawn in.
    pub(crate) fn spawns(&self, role: RoleId) -> usize {
        self.cells.iter().filter(|c| c.spawn == Some(role)).count()
    }
    /// A glyph of that role's spawn cells, for messages.
    pub(crate) fn spawn_glyph<'a>(&self, source: &'a str, role: RoleId) -> Option<&'a str> {
        let cell = self.cells.iter().find(|c| c.spawn == Some(role))?;
        source.get(cell.at.start..cell.at.end)
    }
}

/// What a legend's glyph stands for.
#[derive(Clone, Debug, Default)]
struct Meaning {
    glyph: char,
    kinds: Vec<KindId>,
    p: Option<Num>,
    spawn: Option<RoleId>,
    first: bool,
    area: Option<String>,
    /// See [`CellPlan::entry`].
    entry: (usize, i64),
    rest: Entry,
}

/// What maps and legends may name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) source: &'a str,
    pub(crate) kinds: &'a [Kind],
    pub(crate) roles: &'a [&'a str],
}

impl Known<'_> {
    fn kind(&self, name: &str, at: Span, path: &str, reader: &mut Reader<'_>) -> Option<KindId> {
        let found = self
            .kinds
            .iter()
            .position(|k| k.name == name)
            .and_then(|i| u8::try_from(i).ok());
        if found.is_none() {
            let help = suggest(name, self.kinds.iter().map(|k| k.name.as_str()));
            reader.error(
                "E103",
                at,
                format!("{path} names `{name}`, which is no kind in [layers]"),
                help,
            );
        }
        found.map(KindId::new)
    }
}

/// Reads the maps of a file, in file order. They are drawn from at reset, so they agree in size, mirrors and edges.
pub(crate) fn read_maps(tree: &Node, known: Known<'_>, reader: &mut Reader<'_>) -> Vec<MapPlan> {
    let meanings = tree
        .get("legend")
        .map(|legend| read_legend(legend, known, reader))
        .unwrap_or_default();
    let Some(maps) = tree.get("maps") else {
        return Vec::new();
    };
    if maps.entries().is_empty() {
        reader.error(
            "E104",
            maps.key,
            "[maps] holds no map",
            "write [maps.<name>] with `floor` and `rows`",
        );
    }
    let mut out: Vec<MapPlan> = Vec::new();
    for (name, node) in maps.entries() {
        let Some(plan) = read_map(name, node, &meanings, known, reader) else {
            return Vec::new();
        };
        if let Some(first) = out.first() {
            let same = |p: &MapPlan| (p.height, p.width, p.mirror, p.wrap);
            if same(first) != same(&plan) {
                let message = format!(
                    "maps.{name} and maps.{} differ in size, `mirror` or `wrap`",
                    first.name
                );
                let help = "the maps of a file are drawn from at reset: make them alike in these";
                reader.error("E301", node.key, message, help);
                return Vec::new();
            }
        }
        out.push(plan);
    }
    out
}

fn read_map(
    name: &str,
    node: &Node,
    meanings: &[Meaning],
    known: Known<'_>,
    reader: &mut Reader<'_>,
) -> Option<MapPlan> {
    let path = format!("maps.{name}");
    let file: MapFile = reader.read(node, &path)?;
    let floor_at = node.get("floor").map_or(node.key, |n| n.span);
    let floor = known.kind(&file.floor, floor_at, &format!("{path}.floor"), reader);
    if let Some(kind) = floor.filter(|k| known.kinds[k.index()].layer != Layer::Floor) {
        let message = format!(
            "{path}.floor names `{}`, which is not of the layer floor",
            known.kinds[kind.index()].name
        );
        reader.error("E103", floor_at, message, "name a kind of the layer floor");
    }
    let base = text_at(
        known.source,
        node.get("rows")?,
        Quotes::Literal,
        "maps",
        reader,
    )?;
    lay_out(
        &path,
        name,
        (&file.rows, base),
        floor,
        &file,
        meanings,
        known,
        reader,
    )
}

#[expect(clippy::too_many_arguments, reason = "the parts of read_map")]
fn lay_out(
    path: &str,
    name: &str,
    (text, base): (&str, usize),
    floor: Option<KindId>,
    file: &MapFile,
    meanings: &[Meaning],
    known: Known<'_>,
    reader: &mut Reader<'_>,
) -> Option<MapPlan> {
    let rows: Vec<&str> = text.lines().collect();
    let width = rows.first().map_or(0, |r| r.chars().count());
    if rows.is_empty() || width == 0 {
        let at = Span {
            start: base,
            end: base,
        };
        reader.error(
            "E301",
            at,
            format!("{path} has no cells"),
            "draw the map in `rows`, one line a row",
        );
        return None;
    }
    if rows.len() > MAX_SIDE || rows.iter().any(|r| r.chars().count() > MAX_SIDE) {
        let message = format!(
            "{path} has {} rows and {width} columns, the limit is {MAX_SIDE} each (map cells)",
            rows.len()
        );
        reader.error(
            "E204",
            Span {
                start: base,
                end: base,
            },
            message,
            "draw a smaller map",
        );
        return None;
    }
    let mut entries: Vec<Entry> = Vec::new();
    let mut areas: Vec<String> = Vec::new();
    for meaning in meanings {
        if meaning.entry.0 == entries.len() {
            entries.push(meaning.rest.clone());
        }
        areas.extend(meaning.area.clone().filter(|a| !areas.contains(a)));
    }
    let mut strangers: Vec<char> = Vec::new();
    let mut cells = Vec::with_capacity(rows.len() * width);
    for (number, row) in rows.iter().enumerate() {
        let start = base + (row.as_ptr() as usize - text.as_ptr() as usize);
        let n = row.chars().count();
        if n != width {
            let (at, help) = if n < width {
                (
                    start + row.len(),
                    format!(
                        "add {} cell{}",
                        width - n,
                        if width - n > 1 { "s" } else { "" }
                    ),
                )
            } else {
                let byte = row.char_indices().nth(width).map_or(row.len(), |(i, _)| i);
                (
                    start + byte,
                    format!(
                        "take {} cell{} away",
                        n - width,
                        if n - width > 1 { "s" } else { "" }
                    ),
                )
            };
            let message = format!(
                "row {} of {path} has {n} cells, row 1 has {width}",
                number + 1
            );
            reader.error("E301", Span { start: at, end: at }, message, help);
        }
        let mut glyphs = row.char_indices();
        for _ in 0..width {
            let (byte, glyph) = glyphs.next().unwrap_or((row.len(), '.'));
            let at = Span {
                start: start + byte,
                end: (start + byte + glyph.len_utf8()).min(start + row.len()),
            };
            let mut cell = CellPlan {
                at,
                kinds: floor.into_iter().collect(),
                ..CellPlan::default()
            };
            match meanings.iter().find(|m| m.glyph == glyph) {
                Some(meaning) => {
                    fill(&mut cell, meaning, known.kinds);
                    let name = meaning.area.as_ref();
                    cell.area = name.and_then(|n| areas.iter().position(|a| a == n));
                }
                None if glyph == '.' || glyph == ' ' => {}
                None if strangers.contains(&glyph) => {}
                None => {
                    strangers.push(glyph);
                    let list: Vec<String> = meanings.iter().map(|m| m.glyph.to_string()).collect();
                    let help = format!(
                        "add `\"{glyph}\" = …` or use one of {} . and blank",
                        list.join(" ")
                    );
                    reader.error(
                        "E302",
                        at,
                        format!("glyph `{glyph}` is not in [legend]"),
                        help,
                    );
                }
            }
            cells.push(cell);
        }
    }
    Some(MapPlan {
        name: name.to_owned(),
        height: rows.len(),
        width,
        cells,
        mirror: file.mirror,
        entries,
        areas,
        wrap: file.wrap,
    })
}

fn fill(cell: &mut CellPlan, meaning: &Meaning, kinds: &[Kind]) {
    for &kind in &meaning.kinds {
        if let Some(p) = meaning.p.filter(|&p| p < ONE) {
            cell.maybe.push((kind, p));
        } else {
            // A floor of its own takes the place of the map's.
            cell.kinds
                .retain(|k| kinds[k.index()].layer != kinds[kind.index()].layer);
            cell.kinds.push(kind);
        }
    }
    cell.spawn = meaning.spawn;
    cell.first = meaning.first;
    cell.entry = Some(meaning.entry);
}

fn read_legend(legend: &Node, known: Known<'_>, reader: &mut Reader<'_>) -> Vec<Meaning> {
    let mut out: Vec<Meaning> = Vec::new();
    for (key, node) in legend.entries() {
        let mut meaning = read_meaning(key, node, known, reader);
        check_layers(key, node, &meaning.kinds, meaning.spawn, known, reader);
        for (kinds, _) in &meaning.rest.choose {
            check_layers(key, node, kinds, meaning.spawn, known, reader);
        }
        let entry = out.last().map_or(0, |m| m.entry.0 + 1);
        for (index, glyph) in (1..).zip(key.chars()) {
            meaning.entry = (entry, index);
            if glyph == '.' || glyph == ' ' || out.iter().any(|m| m.glyph == glyph) {
                let (what, help) = if glyph == '.' || glyph == ' ' {
                    (
                        format!(
                            "[legend] gives a meaning to `{glyph}`, which is always bare floor"
                        ),
                        "use another glyph",
                    )
                } else {
                    (
                        format!("glyph `{glyph}` stands twice in [legend]"),
                        "keep one of the two",
                    )
                };
                reader.error("E106", node.key, what, help);
            } else {
                out.push(Meaning {
                    glyph,
                    ..meaning.clone()
                });
            }
        }
    }
    out
}

fn read_meaning(key: &str, node: &Node, known: Known<'_>, reader: &mut Reader<'_>) -> Meaning {
    let path = format!("legend.{key}");
    let mut meaning = Meaning {
        rest: Entry {
            key: key.to_owned(),
            ..Entry::default()
        },
        ..Meaning::default()
    };
    let list = |node: &Node, reader: &mut Reader<'_>| -> Vec<KindId> {
        let one = |n: &Node, reader: &mut Reader<'_>| {
            if n.text().is_none() {
                reader.error(
                    "E201",
                    n.span,
                    format!("`{path}` must name a kind, found {}", n.sort()),
                    "write a kind's name in quotes",
                );
            }
            known.kind(n.text()?, n.span, &path, reader)
        };
        if let Data::List(items) = &node.data {
            items.iter().filter_map(|n| one(n, reader)).collect()
        } else {
            one(node, reader).into_iter().collect()
        }
    };
    if !node.is_table() {
        meaning.kinds = list(node, reader);
        return meaning;
    }
    for (field, value) in node.entries() {
        match field.as_str() {
            "thing" => meaning.kinds = list(value, reader),
            "p" => match value.num().filter(|p| (0..=ONE).contains(p)) {
                Some(p) => meaning.p = Some(p),
                None => reader.error(
                    "E201",
                    value.span,
                    "`p` is a chance, from 0 to 1",
                    "write a number from 0 to 1",
                ),
            },
            "spawn" => match value
                .text()
                .map(|name| (name, known.roles.iter().position(|r| *r == name)))
            {
                Some((_, Some(role))) => meaning.spawn = u8::try_from(role).ok().map(RoleId::new),
                // A file without roles was told so already.
                Some(_) if known.roles.is_empty() => {}
                Some((name, None)) => {
                    let help = suggest(name, known.roles.iter().copied());
                    reader.error(
                        "E103",
                        value.span,
                        format!("{path} names `{name}`, which is no role"),
                        help,
                    );
                }
                None => reader.error(
                    "E201",
                    value.span,
                    "`spawn` must name a role",
                    "write a role's name in quotes",
                ),
            },
            "first" => match value.data {
                Data::Bool(on) => meaning.first = on,
                _ => reader.error(
                    "E201",
                    value.span,
                    format!(
                        "`{path}.first` must be true or false, found {}",
                        value.sort()
                    ),
                    "write true or false",
                ),
            },
            "shuffle" => match value.data {
                Data::Bool(on) => meaning.rest.shuffle = on,
                _ => reader.error(
                    "E201",
                    value.span,
                    format!(
                        "`{path}.shuffle` must be true or false, found {}",
                        value.sort()
                    ),
                    "write true or false",
                ),
            },
            "choose" => meaning.rest.choose = read_choose(value, &path, &list, reader),
            "area" => match value.text() {
                Some(area) => meaning.area = Some(area.to_owned()),
                None => reader.error(
                    "E201",
                    value.span,
                    format!("`{path}.area` must be a name, found {}", value.sort()),
                    "write a name in quotes",
                ),
            },
            _ => meaning.rest.values.push((field.clone(), value.clone())),
        }
    }
    if meaning.first && node.get("spawn").is_none() {
        reader.error(
            "E203",
            node.span,
            format!("{path} says whose spawn cells are taken first, but is no spawn cell"),
            "add `spawn = …`, or drop `first`",
        );
    }
    if meaning.rest.shuffle && meaning.rest.values.is_empty() {
        reader.error(
            "E203",
            node.span,
            format!("{path} shuffles the values of its things, but gives them none"),
            "give a variable, for example `plot = \"index\"`, or drop `shuffle`",
        );
    }
    meaning
}

/// `choose = [[kinds, weight], …]`.
fn read_choose(
    node: &Node,
    path: &str,
    list: &dyn Fn(&Node, &mut Reader<'_>) -> Vec<KindId>,
    reader: &mut Reader<'_>,
) -> Vec<(Vec<KindId>, Num)> {
    let mut out = Vec::new();
    for item in node.items() {
        let [kinds, weight] = item.items() else {
            out.clear();
            break;
        };
        let weight_given = weight.num().filter(|w| *w > 0);
        if weight_given.is_none() {
            reader.error(
                "E201",
                weight.span,
                format!("a weight in `{path}.choose` must be a number above 0"),
                "write a number above 0, or drop the set",
            );
        }
        let w = weight_given.unwrap_or(ONE);
        out.push((list(kinds, reader), w));
    }
    if out.is_empty()
        && reader
            .out
            .last()
            .is_none_or(|d| d.span.start < node.span.start)
    {
        reader.error(
            "E201",
            node.span,
            format!("`{path}.choose` must be a list of sets with weights"),
            "write `choose = [[\"a\", 1], [[\"b\", \"c\"], 2], [[], 1]]`",
        );
    }
    out
}

fn check_layers(
    key: &str,
    node: &Node,
    kinds: &[KindId],
    spawn: Option<RoleId>,
    known: Known<'_>,
    reader: &mut Reader<'_>,
) {
    for (i, a) in kinds.iter().enumerate() {
        let a = &known.kinds[a.index()];
        if let Some(b) = kinds[..i]
            .iter()
            .map(|k| &known.kinds[k.index()])
            .find(|b| b.layer == a.layer)
        {
            let message = format!(
                "legend.{key} puts {} and {} into one cell, and both are of one layer",
                b.name, a.name
            );
            reader.error(
                "E308",
                node.span,
                message,
                "move one of them to another layer",
            );
        }
        if spawn.is_some() && a.layer == Layer::Solid {
            let message = format!("legend.{key} lets agents spawn inside {}", a.name);
            reader.error(
                "E308",
                node.span,
                message,
                "spawn on a cell without something solid",
            );
        }
    }
}

/// Which cells can be walked to from some spawn. `shut(kind)`: a solid kind that never opens.
pub(crate) fn reachable(plan: &MapPlan, shut: impl Fn(KindId) -> bool) -> Vec<bool> {
    let open: Vec<bool> = plan
        .cells
        .iter()
        .map(|c| !c.kinds.iter().any(|&k| shut(k)))
        .collect();
    let mut seen: Vec<bool> = plan.cells.iter().map(|c| c.spawn.is_some()).collect();
    let mut queue: Vec<usize> = (0..seen.len()).filter(|&i| seen[i]).collect();
    while let Some(cell) = queue.pop() {
        for next in neighbours(plan, cell) {
            if open[next] && !seen[next] {
                seen[next] = true;
                queue.push(next);
            }
        }
    }
    seen
}

/// The four neighbours of a cell of the map as written.
pub(crate) fn neighbours(plan: &MapPlan, cell: usize) -> impl Iterator<Item = usize> {
    let (width, height, wrap) = (plan.width, plan.height, plan.wrap);
    let (row, column) = (cell / width, cell % width);
    let (up, down) = ((row + height - 1) % height, (row + 1) % height);
    let (left, right) = ((column + width - 1) % width, (column + 1) % width);
    [
        (wrap || row > 0).then_some(up * width + column),
        (wrap || column + 1 < width).then_some(row * width + right),
        (wrap || row + 1 < height).then_some(down * width + column),
        (wrap || column > 0).then_some(row * width + left),
    ]
    .into_iter()
    .flatten()
}
