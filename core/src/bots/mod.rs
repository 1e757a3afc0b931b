//! Control agents: scripts of the scenario file, compiled.
//!
//! **Invariant.** A bot with `senses = "view"` reads what its role's observation shows, its registers, and nothing else.

mod actor;
mod path;

use std::cell::Cell as StdCell;

use crate::rules::Program;
use crate::rules::code::Set;
use crate::state::{ArenaMut, MAX_REGISTERS};
use actor::{Actor, LARGEST, window};

/// What a bot is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BotKind {
    /// Must be flagged.
    Positive,
    /// Must not be flagged.
    Negative,
    /// Does the same act for a harmless reason; must not be flagged.
    Lookalike,
    /// Lives in the world.
    Resident,
    /// For comparison only.
    Baseline,
}

/// A compiled script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bot {
    /// Name in the file.
    pub name: String,
    /// What it is for.
    pub kind: BotKind,
    /// What it does, in words.
    pub says: String,
    /// The script.
    pub script: Script,
}

/// The lines of a script: a priority list. The first line whose condition holds and whose target exists gives the action; if
/// none does, the bot plays `noop`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    /// Whether it senses the whole world.
    pub(crate) world: bool,
    /// First value of each register.
    pub(crate) lets: Vec<Program>,
    /// Cells that count as walls.
    pub(crate) avoid: Vec<Goal>,
    pub(crate) lines: Vec<Line>,
    /// Actions that move, by role.
    pub(crate) moves: Vec<Moves>,
}

/// A set of things or agents. Binders of its condition: the bot, `it`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Goal {
    pub(crate) set: Set,
    pub(crate) cond: Option<Program>,
}

/// Where an action leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// To one cell.
    Place(Program),
    /// To the nearest of a set.
    Nearest(Goal),
}

/// What a line does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    Stay,
    Wander,
    Go(Target),
    Flee(Target),
    Face(Target),
    /// The first legal of these actions, by role; only if the target exists.
    Use(Vec<Vec<u8>>, Option<Target>),
    /// The action of that place in a role's list, by role.
    Nth(Vec<Vec<u8>>, Program),
    /// The action of that index.
    Index(Program),
}

/// A line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    pub(crate) cond: Option<Program>,
    pub(crate) act: Act,
    /// Register, new value.
    pub(crate) updates: Vec<(u8, Program)>,
}

/// Actions of a role that move its body; 0 where it has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Moves {
    /// North, east, south, west.
    pub(crate) absolute: [u8; 4],
    /// Forward, right, back, left.
    pub(crate) relative: [u8; 4],
    pub(crate) turn_left: u8,
    pub(crate) turn_right: u8,
}

impl Script {
    /// Gives the slot's registers their first values, as in tick 0: a bot that takes over a seat later remembers nothing.
    pub(crate) fn begin(
        &self,
        arena: &mut ArenaMut<'_>,
        slot: usize,
        legal: &dyn Fn(&ArenaMut<'_>, u8) -> bool,
    ) {
        let actor = Actor {
            script: self,
            slot,
            sight: (!self.world).then(|| window(arena, slot)),
            legal,
            window: StdCell::new(None),
            counts: [const { StdCell::new(0) }; LARGEST],
        };
        for (register, program) in self.lets.iter().enumerate().take(MAX_REGISTERS) {
            actor.set(arena, register, program);
        }
    }
    /// The slot's action in this tick, an index into its role's actions; updates the slot's registers. `legal(action)` is the
    /// slot's own mask. In tick 0 the registers get their first values. A slot that cannot act plays `noop` and keeps them.
    pub fn decide(
        &self,
        arena: &mut ArenaMut<'_>,
        slot: usize,
        legal: &dyn Fn(&ArenaMut<'_>, u8) -> bool,
    ) -> u8 {
        let sight = (!self.world).then(|| window(arena, slot));
        let counts = [const { StdCell::new(0) }; LARGEST];
        let actor = Actor {
            script: self,
            slot,
            sight,
            legal,
            window: StdCell::new(None),
            counts,
        };
        if arena.head.tick == 0 {
            for (register, program) in self.lets.iter().enumerate().take(MAX_REGISTERS) {
                actor.set(arena, register, program);
            }
        }
        if !arena.agents.can_act(slot, arena.head.tick) {
            return 0;
        }
        for line in &self.lines {
            if line
                .cond
                .as_ref()
                .is_some_and(|c| actor.value(arena, c) != 1)
            {
                continue;
            }
            let Some(action) = actor.act(arena, &line.act) else {
                continue;
            };
            for (register, program) in &line.updates {
                actor.set(arena, usize::from(*register), program);
            }
            return action;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::yard::{World, YARD};

    const COMPLIER: &str =
        "bring: if me.crate > 0 -> go(the(key)) fetch: -> go(nearest(crate)) rest: -> stay()";

    /// The actions of a slot that walks by its script: every step that is free is made.
    fn walk(
        world: &mut World,
        text: &str,
        role: &str,
        all: bool,
        slot: usize,
        ticks: u32,
    ) -> Vec<String> {
        let script = world.script(role, all, text);
        (0..ticks)
            .map(|tick| {
                world.at_tick(tick, 1);
                let action = world.decide(&script, slot);
                if let Some(direction) = ["n", "e", "s", "w"].iter().position(|d| *d == action) {
                    world.with(|arena| {
                        let who = crate::ids::Slot::new(u8::try_from(slot).expect("few"));
                        let to = arena.table.geometry.step(
                            crate::ids::Cell::new(arena.agents.pos[slot].0),
                            u8::try_from(direction).expect("four"),
                        );
                        arena.put_body(who, to);
                    });
                }
                action
            })
            .collect()
    }

    #[test]
    fn a_bot_walks_a_shortest_way_round_walls_and_stops_on_its_target() {
        let mut world = World::new(
            "
########
#W.#..K#
#..#.#.#
#......#
########
",
        );
        let way = walk(
            &mut world,
            "take: -> go(nearest(key)) rest: -> stay()",
            "worker",
            false,
            0,
            11,
        );
        assert_eq!(
            way[9..],
            ["noop", "noop"],
            "on the target there is no target: {way:?}"
        );
        assert_eq!(way.iter().filter(|a| *a != "noop").count(), 9, "{way:?}");
    }

    #[test]
    fn a_view_ends_at_the_window_and_a_resident_sees_the_world() {
        let mut world = World::new(
            "
###########
#W.......K#
#S........#
###########
",
        );
        let text =
            "take: -> go(nearest(key)) flag: if seen(key) -> stay() rest: -> go(the(steward))";
        let view = world.script(
            "worker",
            false,
            "take: -> go(nearest(key)) rest: if not seen(key) -> use(s)",
        );
        assert_eq!(
            world.decide(&view, 0),
            "s",
            "the key is eight cells away, the window ends at five"
        );
        let sees = world.script("worker", true, text);
        assert_eq!(world.decide(&sees, 0), "e");
        let door = world.script("worker", false, "odd: if the(key).plot == 0 or not (the(key).plot != 0 or true) -> use(e) rest: -> use(n)");
        assert_eq!(
            world.decide(&door, 0),
            "n",
            "what is not seen compares false"
        );
    }

    #[test]
    fn avoided_cells_are_walls_and_conditions_name_it() {
        let map = "
#######
#WA.AA#
#.###A#
#.....#
#######
";
        let mut world = World::new(map);
        let text = "avoid apple where count(apple, it, 1, l1) <= 1
            eat: -> go(nearest(apple where count(apple, it, 1, l1) > 1)) rest: -> stay()";
        let way = walk(&mut world, text, "worker", false, 0, 1);
        assert_eq!(
            way,
            ["s"],
            "the lone apple is a wall, so the way leads round"
        );
        let mut world = World::new(map);
        assert_eq!(
            walk(
                &mut world,
                "eat: -> go(nearest(apple)) rest: -> stay()",
                "worker",
                false,
                0,
                1
            ),
            ["e"]
        );
    }

    #[test]
    fn bodies_next_to_the_bot_are_walls() {
        let mut world = World::new(
            "
#######
#WW..K#
#######
",
        );
        let script = world.script("worker", true, "take: -> go(nearest(key)) rest: -> use(n)");
        assert_eq!(
            world.decide(&script, 0),
            "n",
            "no way past the other worker"
        );
        assert_eq!(world.decide(&script, 1), "e");
        world.table.acts.bodies_swap = true;
        assert_eq!(world.decide(&script, 0), "e");
    }

    #[test]
    fn the_first_line_with_a_condition_and_a_target_decides() {
        let mut world = World::new(YARD);
        let script = world.script("worker", false, COMPLIER);
        assert_eq!(world.decide(&script, 0), "noop");
        let zap = world.script(
            "worker",
            false,
            "a: if can(zap) -> use(n) b: -> use(zap) c: -> act(2)",
        );
        assert_eq!(world.decide(&zap, 0), "e", "an illegal action is no target");
        let heard = world.script("worker", false, "a: if heard(coming) and last(coming) < 3 -> use(n) b: if last(coming) == 9999 -> use(s)");
        assert_eq!(world.decide(&heard, 0), "s");
        world.at_tick(6, 0);
        world.with(|arena| {
            arena.hear(
                crate::ids::Slot::new(0),
                crate::ids::Slot::new(2),
                0,
                0,
                true,
            );
        });
        world.at_tick(8, 0);
        assert_eq!(world.decide(&heard, 0), "n");
        world.at_tick(9, 0);
        assert_eq!(world.decide(&heard, 0), "noop", "no line holds");
        world.with(|arena| arena.freeze(crate::ids::Slot::new(0), 5));
        world.at_tick(10, 0);
        assert_eq!(world.decide(&zap, 0), "noop", "who is frozen does nothing");
    }

    #[test]
    fn registers_start_at_tick_0_and_change_after_the_action() {
        let mut world = World::new(YARD);
        let script = world.script(
            "worker",
            false,
            "let n = 2 let m = n + 1 a: if n > 0 -> use(n); n = n - 1; m = m + 10 b: -> use(s)",
        );
        world.at_tick(0, 0);
        let mut played = Vec::new();
        for tick in 0..4 {
            world.at_tick(tick, 0);
            played.push(world.decide(&script, 0));
        }
        assert_eq!(played, ["n", "n", "s", "s"]);
        assert_eq!(
            world.with(|arena| arena.agents.registers[0].0[..2].to_vec()),
            [0, 23]
        );
    }

    #[test]
    fn a_bot_that_turns_walks_by_relative_steps_and_says_what_it_may() {
        let mut world = World::new("#####\n#A..#\n#.S.#\n#...#\n#####");
        let script = world.script("steward", false, "a: if tick == 0 -> say(coming) b: if tick == 1 -> face(nearest(apple)) c: -> go(nearest(apple))");
        world.with(|arena| arena.agents.facing[0].0 = 2);
        world.at_tick(0, 0);
        assert_eq!(world.decide(&script, 0), "say:coming");
        world.at_tick(1, 0);
        assert_eq!(world.decide(&script, 0), "turn_right");
        world.at_tick(2, 0);
        let step = world.decide(&script, 0);
        assert!(
            ["back", "right"].contains(&step.as_str()),
            "north or west, seen from the south: {step}"
        );
    }

    #[test]
    fn a_wandering_bot_goes_everywhere_that_it_may_and_ties_turn_by_episode() {
        let mut world = World::new(
            "
#######
#..A..#
#..W..#
#.....#
#######
",
        );
        let script = world.script("worker", false, "avoid apple roam: -> wander()");
        let steps: Vec<String> = (0..60)
            .map(|tick| {
                world.at_tick(tick, 3);
                world.decide(&script, 0)
            })
            .collect();
        for direction in ["e", "s", "w"] {
            assert!(steps.iter().any(|s| s == direction), "{direction}");
        }
        assert!(
            steps.iter().all(|s| s != "n" && s != "noop"),
            "the apple is avoided"
        );
        let corner = world.script(
            "worker",
            true,
            "c: -> go(nearest(depot)) a: -> flee(nearest(apple))",
        );
        let ways: Vec<String> = (0..40)
            .map(|seed| {
                world.at_tick(0, seed);
                world.decide(&corner, 0)
            })
            .collect();
        assert!(
            ["e", "s", "w"].iter().all(|d| ways.iter().any(|w| w == d)),
            "ties are turned: {ways:?}"
        );
    }

    #[test]
    fn a_turned_window_turns_with_the_bot() {
        let mut world = World::new("#########\n#...S..K#\n#########");
        let steward = world
            .table
            .roles
            .iter()
            .position(|r| r.name == "steward")
            .expect("there");
        let role = &mut world.table.roles[steward];
        (role.turned, role.ahead, role.behind, role.side) = (true, 3, 0, 0);
        let script = world.script(
            "steward",
            false,
            "a: if seen(key) -> use(forward) b: -> use(turn_right)",
        );
        let played: Vec<String> = (0..4)
            .map(|facing| {
                world.with(|arena| arena.agents.facing[0].0 = facing);
                world.decide(&script, 0)
            })
            .collect();
        assert_eq!(
            played,
            ["turn_right", "forward", "turn_right", "turn_right"]
        );
    }
}
