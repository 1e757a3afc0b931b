//! A small hand-made world for tests of rules and scripts: the yard, a map from ASCII, one arena.

use crate::bots::Script;
use crate::diagnostic::Diagnostic;
use crate::draw::TickDraw;
use crate::event::{EventDecl, EventRow, parts};
use crate::ids::{Cell, Domain, KindId, Slot};
use crate::rules::{Program, RuleSet};
use crate::scenario::{
    BotText, Dial, Field, Names, Rules, Text, Use, compile_bot, compile_expr, compile_rules,
};
use crate::state::{
    ALIVE, Action, AgentParts, ArenaMut, Arenas, BODY_ON_MAP, BackAt, Carried, Channel, Chosen,
    Facing, FrozenUntil, Geometry, Illegal, Kind, Layer, Layout, MessageDecl, ON, Pos, ReadyAt,
    Registers, Role, RowDecl, Seen, ShardParts, Status, Table, Time, Type, VarDecl,
};

/// The map of most tests: W a worker, S the steward; one gate, one lever.
pub(crate) const YARD: &str = "
###########
#S..G..AA.#
#...#..A..#
#L..#..a.D#
#W..#W...K#
###########
";

/// Kinds in the order of the table, with layer, glyph, whether it blocks.
const KINDS: [(&str, Layer, char, bool); 8] = [
    ("grass", Layer::Floor, ' ', false),
    ("wall", Layer::Solid, '#', true),
    ("gate", Layer::Solid, 'G', true),
    ("apple", Layer::Item, 'A', false),
    ("crate", Layer::Item, 'C', false),
    ("lever", Layer::Mark, 'L', false),
    ("depot", Layer::Mark, 'D', false),
    ("key", Layer::Item, 'K', false),
];

/// A world for tests.
pub(crate) struct World {
    pub(crate) table: Table,
    arenas: Arenas,
    pos: Vec<Pos>,
    facing: Vec<Facing>,
    status: Vec<Status>,
    frozen_until: Vec<FrozenUntil>,
    back_at: Vec<BackAt>,
    chosen: Vec<Chosen>,
    ready_at: Vec<ReadyAt>,
    carried: Vec<Carried>,
    illegal: Vec<Illegal>,
    registers: Vec<Registers>,
}

fn var(name: &str, ty: Type, seen: Seen) -> VarDecl {
    VarDecl {
        name: name.to_owned(),
        ty,
        min: -100,
        max: 100,
        seen,
        revealed_by: None,
    }
}

fn role(name: &str, first: u8, n: u8, verbs: &[&str]) -> Role {
    let action = |name: &str| Action {
        name: name.to_owned(),
        verb: name.split(':').next().unwrap_or(name).to_owned(),
        mechanic: 0,
        argument: 0,
    };
    Role {
        name: name.to_owned(),
        first,
        n,
        n_focal: 1,
        ahead: 5,
        behind: 5,
        side: 5,
        turned: false,
        look: None,
        told: None,
        actions: std::iter::once("noop")
            .chain(verbs.iter().copied())
            .map(action)
            .collect(),
        noop: true,
        plays: None,
    }
}

fn events() -> Vec<EventDecl> {
    let (slot, kind, cell, thing) = (Type::Slot, Type::Kind, Type::Cell, Type::Thing);
    let list: [(&str, Option<&'static str>, &[Type]); 12] = [
        ("eaten", Some("pickup"), &[slot, kind, cell]),
        ("pressed", Some("device"), &[slot, kind]),
        ("opened", Some("door"), &[thing]),
        ("closed", Some("door"), &[thing]),
        ("disabled", Some("power"), &[slot, slot]),
        ("enabled", Some("power"), &[slot, slot]),
        ("away", Some("absence"), &[slot, Type::Int]),
        (
            "heard",
            Some("message"),
            &[slot, slot, Type::Message, Type::Bool],
        ),
        ("hit", Some("beam"), &[Type::Beam, slot, slot]),
        ("gate_shut", None, &[slot]),
        ("last_taken", None, &[slot, cell]),
        ("note", None, &[slot, Type::Num]),
    ];
    let decl = |(name, mechanic, fields): (&str, _, &[Type])| EventDecl {
        name: name.to_owned(),
        fields: parts(fields).expect("fits"),
        mechanic,
        wanted: true,
    };
    list.into_iter().map(decl).collect()
}

/// The table of the yard with another map. Letters: see [`KINDS`]; `a`: an apple that is there with chance one half; W, S: bodies.
pub(crate) fn table(map: &str) -> Table {
    let rows: Vec<&str> = map.trim().lines().collect();
    let size = |n: usize| u16::try_from(n).expect("small");
    let geometry = Geometry {
        height: size(rows.len()),
        width: size(rows[0].len()),
        pad: 9,
        wrap: false,
    };
    let mut kinds = Vec::new();
    let mut looks = crate::state::Looks::default();
    let mut code = 1u8;
    for (i, (name, layer, _, blocks)) in (0u8..).zip(KINDS) {
        let n_looks = if matches!(name, "gate" | "key") { 2 } else { 1 };
        kinds.push(Kind {
            name: name.to_owned(),
            layer,
            look: code,
            n_looks,
            look_min: 0,
        });
        for state in 0..n_looks {
            looks.kind_of[usize::from(code)] = i + 1;
            looks.blocks_move[usize::from(code)] = blocks && state == 0;
            code += 1;
        }
    }
    let workers = size(map.matches('W').count());
    let steps = ["n", "e", "s", "w", "zap"];
    let turns = [
        "forward",
        "back",
        "left",
        "right",
        "turn_left",
        "turn_right",
        "say:coming",
    ];
    let mut table = Table {
        geometry,
        roles: vec![
            role("worker", 0, u8::try_from(workers).expect("few"), &steps),
            role("steward", u8::try_from(workers).expect("few"), 1, &turns),
        ],
        looks,
        rows: [2, 5, 7]
            .map(|kind| RowDecl {
                kind: KindId::new(kind),
            })
            .to_vec(),
        vars: vec![
            var("errand", Type::Bool, Seen::None),
            var("leave", Type::Int, Seen::None),
            var("has_twin", Type::Bool, Seen::All),
            VarDecl {
                max: 5_000_000,
                ..var("stock", Type::Num, Seen::All)
            },
            var("boss", Type::Slot, Seen::All),
            var("mood", Type::Choice, Seen::All),
        ],
        role_vars: vec![
            vec![
                var("plot", Type::Int, Seen::Own),
                var("secret", Type::Int, Seen::None),
            ],
            vec![var("plot", Type::Int, Seen::Own)],
        ],
        items: vec![KindId::new(4), KindId::new(7)],
        channels: ["main", "truth"]
            .map(|name| Channel {
                name: name.to_owned(),
                seen: true,
            })
            .to_vec(),
        events: events(),
        messages: ["coming", "to_lamp"]
            .map(|name| MessageDecl {
                name: name.to_owned(),
                says: String::new(),
                args: Vec::new(),
            })
            .to_vec(),
        effects: vec!["zap".to_owned()],
        time: Time {
            ticks: 160,
            rounds: 1,
            clock: false,
            drawn_end: None,
        },
        has_later: true,
        thing_vars: vec![Vec::new(); kinds.len()],
        kinds,
        ..Table::default()
    };
    table.thing_vars[7] = vec![var("plot", Type::Int, Seen::All)];
    table.layouts = vec![layout(&table, &rows)];
    table.derive();
    table
}

fn layout(table: &Table, rows: &[&str]) -> Layout {
    let g = &table.geometry;
    let mut layout = Layout {
        words: vec![[0, crate::state::OUTSIDE, 0, 0, 0, 0, 0, 0]; g.cells()],
        ..Layout::default()
    };
    layout.rows = vec![Cell::new(0); table.rows.len()];
    for (r, line) in (0u16..).zip(rows) {
        for (c, glyph) in (0u16..).zip(line.chars()) {
            let cell = g.cell(r, c);
            let word = &mut layout.words[cell.index()];
            *word = [1, 0, 0, 0, 0, 0, 0, 0];
            if let Some(i) = KINDS.iter().position(|k| k.2 == glyph) {
                word[table.kinds[i].layer as usize] = table.kinds[i].look;
                if let Some(row) = table.rows.iter().position(|row| row.kind.index() == i) {
                    layout.rows[row] = cell;
                }
            }
            if glyph == 'a' {
                let code = table.kinds[3].look;
                layout.maybe.push(crate::state::Maybe {
                    cell,
                    layer: Layer::Item,
                    code,
                    p: 500_000,
                });
            }
        }
    }
    layout
}

/// The names of that table: dials, fields, one definition.
pub(crate) fn names(table: &Table) -> Names<'_> {
    let mut names = Names::new(table);
    names.map = "yard";
    names.dials = vec![
        ("cost", Dial::Num(500_000)),
        ("wait", Dial::Int(3)),
        (
            "mode",
            Dial::Choice {
                value: 1,
                choices: vec!["slow".to_owned(), "fast".to_owned()],
            },
        ),
    ];
    names.fields = vec![Field {
        kind: KindId::new(2),
        name: "open".to_owned(),
        ty: Type::Bool,
        from: "door.gate".to_owned(),
    }];
    names.choices = vec![("mood", vec!["calm".to_owned(), "cross".to_owned()])];
    names.beams = vec!["zap"];
    names.defs = vec![crate::scenario::Def {
        name: "ripe",
        args: vec![("c", Type::Cell), ("n", Type::Int)],
        is: Text::new("count(apple, c, 1) >= n", 9000),
    }];
    names.line_of = &|path| (path == "vars.has_twin").then_some(23);
    names
}

impl World {
    /// A world with that map; bodies stand where the letters are, the workers in reading order.
    pub(crate) fn new(map: &str) -> Self {
        let table = table(map);
        let mut arenas = Arenas::new(&table, 1);
        let n = table.n_slots();
        for (row, cell) in arenas.rows.iter_mut().zip(&table.layouts[0].rows) {
            row.cell = cell.get();
        }
        arenas
            .cells(&table, 0)
            .restore(&table.layouts[0].words, &table.geometry);
        let mut world = Self {
            arenas,
            pos: vec![Pos::default(); n],
            facing: vec![Facing::default(); n],
            status: vec![Status(ALIVE | ON); n],
            frozen_until: vec![FrozenUntil::default(); n],
            back_at: vec![BackAt::default(); n],
            chosen: vec![Chosen::default(); n],
            ready_at: vec![ReadyAt::default(); n],
            carried: vec![Carried::default(); n],
            illegal: vec![Illegal::default(); n],
            registers: vec![Registers::default(); n],
            table,
        };
        world.at_tick(0, 0);
        let mut next = 0;
        for (r, line) in (0u16..).zip(map.trim().lines()) {
            for (c, glyph) in (0u16..).zip(line.chars()) {
                let slot = match glyph {
                    'W' => {
                        next += 1;
                        next - 1
                    }
                    'S' => world.table.roles[1].first,
                    _ => continue,
                };
                world.with(|arena| {
                    assert!(arena.put_body(Slot::new(slot), arena.table.geometry.cell(r, c)));
                });
            }
        }
        world
    }
    /// Sets the clock, and clears what a tick clears.
    pub(crate) fn at_tick(&mut self, tick: u32, seed: u64) {
        let head = &mut self.arenas.heads[0];
        (head.tick, head.seed, head.n_events, head.n_answered) = (tick, seed, 0, 0);
        head.draw = TickDraw::new(Domain::Train, seed, 0, tick);
        self.arenas.pay.fill(0);
    }
    /// Works on the arena.
    pub(crate) fn with<T>(&mut self, work: impl FnOnce(&mut ArenaMut<'_>) -> T) -> T {
        let Self {
            table,
            arenas,
            pos,
            facing,
            status,
            frozen_until,
            back_at,
            chosen,
            ready_at,
            carried,
            illegal,
            registers,
        } = self;
        let agents = AgentParts {
            pos,
            facing,
            status,
            frozen_until,
            back_at,
            chosen,
            ready_at,
            carried,
            illegal,
            registers,
        };
        let mut parts = ShardParts {
            table,
            arenas,
            agents,
        };
        let mut arena = parts.arena(0);
        assert!(!arena.head.fault, "no bound may break");
        work(&mut arena)
    }
    pub(crate) fn cell(&self, row: u16, column: u16) -> Cell {
        self.table.geometry.cell(row, column)
    }
    /// Adds an event by name.
    pub(crate) fn emit(&mut self, name: &str, values: &[i64]) {
        let id = self.table.event(name).expect("declared");
        let mut row = EventRow::new(id);
        for (value, (_, part)) in values.iter().zip(&self.table.events[id.index()].fields) {
            row.set(*part, *value);
        }
        self.with(|arena| arena.emit(row));
    }
    /// Names of the events of the tick.
    pub(crate) fn happened(&mut self) -> Vec<String> {
        self.with(|arena| {
            arena
                .events()
                .iter()
                .map(|e| arena.table.events[usize::from(e.event)].name.clone())
                .collect()
        })
    }
    /// What a slot was paid in `main`, in millionths.
    pub(crate) fn paid(&self, slot: usize) -> i64 {
        self.arenas.pay[slot * self.table.channels.len()]
    }
    /// Compiles rules that must be right.
    pub(crate) fn rules(&self, text: &str) -> RuleSet {
        let mut out = Vec::new();
        let compiled: Rules = compile_rules(
            &names(&self.table),
            &[("all", Text::new(text, 0))],
            &mut out,
        );
        assert!(out.is_empty(), "{}", lines(text, &out).join("\n"));
        compiled.rules
    }
    /// Compiles a script that must be right.
    pub(crate) fn script(&self, role: &str, world: bool, text: &str) -> Script {
        let mut out = Vec::new();
        let script = compile_bot(
            &names(&self.table),
            bot(&self.table, role, world, text),
            &mut out,
        );
        script.unwrap_or_else(|| panic!("{}", lines(text, &out).join("\n")))
    }
    /// Value of an expression whose only binder is `s`, slot 0.
    pub(crate) fn value(&mut self, text: &str, ty: Type) -> i64 {
        let program = self.expr(text, ty);
        self.with(|arena| program.value(arena, &[0]))
    }
    pub(crate) fn expr(&self, text: &str, ty: Type) -> Program {
        let mut out = Vec::new();
        let binders = [crate::scenario::Binder {
            name: "s",
            ty: Type::Slot,
            role: None,
        }];
        let what = Use {
            binders: &binders,
            ty,
            choices: &[],
            draw: Some("leave"),
        };
        let program = compile_expr(&names(&self.table), what, Text::new(text, 0), &mut out);
        program.unwrap_or_else(|| panic!("{text}: {}", lines(text, &out).join("\n")))
    }
    /// Name of the action that a script plays; every action is legal but `zap`.
    pub(crate) fn decide(&mut self, script: &Script, slot: usize) -> String {
        let action = self.with(|arena| {
            script.decide(arena, slot, &|arena, action| {
                let role = arena
                    .table
                    .role_of(Slot::new(u8::try_from(slot).expect("few")));
                arena.table.roles[role.index()].actions[usize::from(action)].name != "zap"
            })
        });
        let role = self
            .table
            .role_of(Slot::new(u8::try_from(slot).expect("few")));
        self.table.roles[role.index()].actions[usize::from(action)]
            .name
            .clone()
    }
    /// Whether a body stands on the map.
    pub(crate) fn is_on_map(&self, slot: usize) -> bool {
        self.status[slot].0 & BODY_ON_MAP != 0
    }
}

pub(crate) fn bot<'t>(table: &Table, role: &str, world: bool, text: &'t str) -> BotText<'t> {
    let role = table.role(role);
    let senses_at = crate::diagnostic::Span::default();
    BotText {
        name: "bot",
        role,
        control: !world,
        world,
        senses_at,
        script: Text::new(text, 0),
    }
}

/// Diagnostics in their one-line form.
pub(crate) fn lines(text: &str, out: &[Diagnostic]) -> Vec<String> {
    out.iter().map(|d| d.line("r", text)).collect()
}

/// Diagnostics of a block of rules.
pub(crate) fn slips(text: &str) -> Vec<String> {
    let table = table(YARD);
    let mut out = Vec::new();
    compile_rules(&names(&table), &[("all", Text::new(text, 0))], &mut out);
    lines(text, &out)
}

/// Diagnostics of a worker's script that senses a view.
pub(crate) fn script_slips(text: &str) -> Vec<String> {
    let table = table(YARD);
    let mut out = Vec::new();
    compile_bot(&names(&table), bot(&table, "worker", false, text), &mut out);
    lines(text, &out)
}
