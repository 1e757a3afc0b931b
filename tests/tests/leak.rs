//! What a policy must never see leaves no byte different: observations, own vectors, masks, rewards, flags, texts and the time of
//! every end, over whole episodes, in every cell of every shipped scenario.

use std::sync::Arc;

use commonweal_core::batch::{Batch, Config, Control, Serial};
use commonweal_core::ids::{EventId, Slot};
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::Compiled;
use commonweal_core::state::Seen;
use commonweal_tests::relabel::relabel;
use commonweal_tests::rows::{Buffers, same_in_all_arenas, step};
use commonweal_tests::small::Small;
use commonweal_tests::worlds;

/// A batch of one arena and everything that its caller sees of it.
struct Watched {
    batch: Batch,
    buffers: Buffers,
    slots: Vec<Slot>,
}

impl Watched {
    fn new(compiled: &Arc<Compiled>, encoding: Encoding, control: Control) -> Self {
        let config = Config {
            seed: 21,
            encoding,
            control,
            events: true,
            ..Config::default()
        };
        let mut batch = Batch::new(std::slice::from_ref(compiled), config).expect("a batch");
        let mut buffers = Buffers::of(&batch);
        batch
            .reset(None, None, &mut buffers.outs())
            .expect("a reset");
        let slots = batch
            .groups()
            .iter()
            .flat_map(|g| g.slots.clone())
            .collect();
        Self {
            batch,
            buffers,
            slots,
        }
    }
    fn step(&mut self, tick: u64) {
        let actions = same_in_all_arenas(&self.batch, 22, tick);
        step(&mut self.batch, &actions, &mut self.buffers, &Serial).expect("a step");
    }
    fn texts(&mut self) -> Vec<String> {
        self.slots
            .iter()
            .map(|&slot| self.batch.text(0, slot))
            .collect()
    }
    fn happened(&self, event: EventId) -> bool {
        self.batch
            .event_rows(0)
            .iter()
            .any(|row| row.event == event.get())
    }
}

/// What a caller is told once.
#[expect(clippy::type_complexity, reason = "compared whole, never taken apart")]
fn shape(batch: &Batch) -> Vec<(String, Vec<usize>, Vec<String>, Vec<f32>, Vec<String>)> {
    let of = |g: &commonweal_core::batch::Group| {
        (
            g.name.clone(),
            g.obs_shape.clone(),
            g.own_names.clone(),
            g.own_scale.clone(),
            g.action_names.clone(),
        )
    };
    batch.groups().iter().map(of).collect()
}

/// Plays both to the end of an episode and a little further; everything seen must agree.
fn assert_alike(a: &Arc<Compiled>, b: &Arc<Compiled>, control: &Control, who: &str) {
    for encoding in [Encoding::Symbolic, Encoding::Codes, Encoding::Rgb] {
        let (mut a, mut b) = (
            Watched::new(a, encoding, control.clone()),
            Watched::new(b, encoding, control.clone()),
        );
        assert_eq!(shape(&a.batch), shape(&b.batch), "{who}");
        let (mut ended, mut tick) = (0, 0);
        while ended < 20 {
            assert!(a.buffers == b.buffers, "{who}, {encoding:?}: tick {tick}");
            if encoding == Encoding::Symbolic && (tick < 50 || tick % 7 == 0) {
                assert_eq!(a.texts(), b.texts(), "{who}: texts of tick {tick}");
            }
            a.step(tick);
            b.step(tick);
            tick += 1;
            // One encoding walks a whole episode and 20 ticks of the next, the others the first 200 ticks.
            let over = a.batch.episode(0) > 0 || (encoding != Encoding::Symbolic && tick >= 200);
            ended += u32::from(over);
        }
    }
}

#[test]
fn names_of_arms_factors_and_measures_leave_no_byte_different() {
    for (shipped, scenario) in commonweal_scenarios::ALL.iter().zip(worlds::shipped()) {
        let renamed = worlds::read(shipped.id, &relabel(shipped.text));
        let (old, new) = (worlds::cells(&scenario), worlds::cells(&renamed));
        assert_eq!(old.len(), new.len());
        for (old, new) in old.iter().zip(&new) {
            assert_ne!(old, new, "the label was changed");
            let (a, b) = (
                worlds::compile(&scenario, old),
                worlds::compile(&renamed, new),
            );
            assert_alike(&a, &b, &Control::Focal, &format!("{} {old}", shipped.id));
        }
    }
}

/// Hidden causes of a scenario: the events that reveal them; `None` where one is never revealed.
fn revealed_by(compiled: &Compiled) -> Vec<Option<EventId>> {
    let hidden = compiled.table.vars.iter().filter(|v| v.seen == Seen::None);
    hidden.map(|v| v.revealed_by).collect()
}

#[test]
fn hidden_causes_leave_the_same_bytes_until_their_event() {
    let (mut pairs, mut ticks, mut parted) = (0, 0, 0);
    for scenario in worlds::shipped() {
        let all = worlds::compile_all(&scenario);
        for (i, a) in all.iter().enumerate() {
            let reveals = revealed_by(a);
            for b in &all[i + 1..] {
                // Cells whose tables agree differ in causes alone: in what variables are at the start, and in rules.
                if reveals.is_empty() || a.table != b.table || a.programs == b.programs {
                    continue;
                }
                // Where rules differ (a dial), or what is seen begins otherwise, more than a cause differs.
                if a.programs.rules != b.programs.rules {
                    continue;
                }
                let mut starts = a.programs.init.iter().zip(&b.programs.init);
                if (a.table.vars.iter()).any(|v| {
                    starts
                        .next()
                        .is_some_and(|(x, y)| v.seen != Seen::None && x != y)
                }) {
                    continue;
                }
                pairs += 1;
                let who = format!("{}: {} and {}", scenario.id, a.arm, b.arm);
                let mut x = Watched::new(a, Encoding::Symbolic, Control::Focal);
                let mut y = Watched::new(b, Encoding::Symbolic, Control::Focal);
                for tick in 0..u64::from(a.table.time.ticks) {
                    assert!(x.buffers == y.buffers, "{who}: before tick {tick}");
                    assert_eq!(x.texts(), y.texts(), "{who}: texts before tick {tick}");
                    x.step(tick);
                    y.step(tick);
                    ticks += 1;
                    if reveals
                        .iter()
                        .flatten()
                        .any(|&e| x.happened(e) || y.happened(e))
                    {
                        // From here on they may differ, and in some pair they do.
                        let differ = (tick + 1..tick + 30).any(|later| {
                            x.step(later);
                            y.step(later);
                            x.buffers != y.buffers
                        });
                        parted += usize::from(differ);
                        break;
                    }
                }
            }
        }
    }
    assert!(
        pairs > 0 && ticks > 10 * pairs,
        "{pairs} pairs of cells, {ticks} ticks before the causes were revealed"
    );
    assert!(
        parted > 0,
        "in no pair did the event reveal anything: the test would not see a leak"
    );
}

/// One walker among apples, with something that it must not see.
fn watched_walker(rules: &str, more: &str) -> Arc<Compiled> {
    let text = Small {
        ticks: 120,
        layers: "floor = [\"grass\"]\nsolid = [\"wall\"]\nitem = [\"apple\"]",
        roles: "[roles.walker]\nslots = 2\nfocal = 1\nview = { ahead = 3, behind = 3, side = 3 }\nplays = \"company\"",
        rows: "########\n#P.a.aP#\n#.aaaa.#\n#P.a.aP#\n########",
        legend: "\"#\" = \"wall\"\n\"a\" = { thing = \"apple\", p = 0.7 }\n\"P\" = { spawn = \"walker\" }",
        mechanics: "move = { mode = \"compass4\" }\npickup = { things = [\"apple\"], becomes = \"eaten\" }\n\
                    regrow.apple = { thing = \"apple\", where = \"initial\", chance = [0.02, 0.05] }",
        rules,
        more,
        role: "",
        control: "set.mechanics.move.every = 2",
    }
    .text();
    worlds::compile(&worlds::read("watched", &text), "asked")
}

const COMPANY: &str = "[bots.company]\nkind = \"resident\"\nsenses = \"world\"\nscript = '''\n-> go(nearest(apple))\n'''\n";

#[test]
fn unseen_reward_channels_leave_no_byte_different() {
    let plain = watched_walker("on eaten(a, apple, _) do pay(a, main, 1)", COMPANY);
    let paid = watched_walker(
        "on eaten(a, apple, _) do pay(a, main, 1)\non eaten(a, apple, _) do pay(a, truth, -3)",
        &format!("[rewards.truth]\nseen = false\n{COMPANY}"),
    );
    assert_alike(&plain, &paid, &Control::Focal, "a channel that nobody sees");
}

#[test]
fn registers_of_other_bots_leave_no_byte_different() {
    let rules = "on eaten(a, apple, _) do pay(a, main, 1)";
    let plain = watched_walker(rules, COMPANY);
    let counting = COMPANY.replace(
        "-> go(nearest(apple))",
        "let n = 5\n-> go(nearest(apple)); n = n + 3",
    );
    let counting = watched_walker(rules, &counting);
    let mut states = [&plain, &counting].map(|c| {
        let mut watched = Watched::new(c, Encoding::None, Control::Focal);
        watched.step(0);
        watched.batch.hash(0)
    });
    states.sort_unstable();
    assert_ne!(states[0], states[1], "the register is part of the state");
    assert_alike(
        &plain,
        &counting,
        &Control::Focal,
        "a register of another slot's bot",
    );
}

#[test]
fn hidden_variables_that_rules_count_in_leave_no_byte_different() {
    let rules = "on eaten(a, apple, _) do pay(a, main, 1)";
    let plain = watched_walker(rules, COMPANY);
    let counted = watched_walker(
        &format!("{rules}\non eaten(_, apple, _) do secret += 1"),
        &format!("[vars]\nsecret = {{ type = \"int\", init = 3, seen = \"none\" }}\n{COMPANY}"),
    );
    assert_alike(
        &plain,
        &counted,
        &Control::Focal,
        "a variable that nobody sees",
    );
}

#[test]
fn the_test_sees_a_leak() {
    // The same variable, seen: now bytes differ, and `shape` too.
    let rules = "on eaten(a, apple, _) do pay(a, main, 1)";
    let plain = watched_walker(rules, COMPANY);
    let seen = watched_walker(
        rules,
        &format!("[vars]\nsecret = {{ type = \"int\", init = 3, seen = \"all\" }}\n{COMPANY}"),
    );
    let [a, b] = [&plain, &seen].map(|c| Watched::new(c, Encoding::Symbolic, Control::Focal));
    assert_ne!(shape(&a.batch), shape(&b.batch));
    assert!(a.buffers != b.buffers);
}
