//! Searches in worlds written as scenario files: the worked examples of MEASURES W1, W2, W3, W9 and W17, as `measures_golden.json`
//! holds them.

use std::sync::Arc;

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_core::fork::{Coplayers, Edit, Forks};
use commonweal_core::ids::Slot;
use commonweal_core::scenario::Compiled;
use commonweal_core::search::{
    Clock, GoalSearch, Graph, NODES, Phi, Question, Reach, Search, coalitions,
};
use commonweal_tests::small::Small;
use commonweal_tests::worlds;
use serde_json::Value;

const GOLDEN: &str = include_str!("../data/measures_golden.json");

/// The numbers of a golden value, and how near they must come.
fn golden(name: &str) -> (Vec<f64>, f64) {
    let all: Value = serde_json::from_str(GOLDEN).expect("JSON");
    let entry = &all[name];
    let number = |v: &Value| v.as_f64().expect("a number");
    let values = match &entry["value"] {
        Value::Array(list) => list.iter().map(number).collect(),
        one => vec![number(one)],
    };
    (values, number(&entry["tol"]))
}

fn same(name: &str, found: &[f64]) {
    let (wanted, tolerance) = golden(name);
    assert_eq!(found.len(), wanted.len(), "{name}");
    for (f, w) in found.iter().zip(&wanted) {
        assert!(
            (f - w).abs() <= tolerance,
            "{name}: {found:?}, not {wanted:?}"
        );
    }
}

/// One role, `walker`, in a walled room.
fn room(rows: &str, slots: usize, mechanics: &str, more: &str) -> Arc<Compiled> {
    world(&Small {
        ticks: 100,
        layers: "floor = [\"grass\"]\nsolid = [\"wall\"]",
        roles: &format!(
            "[roles.walker]\nslots = {slots}\nfocal = {slots}\nview = {{ ahead = 2, behind = 2, side = 2 }}"
        ),
        rows,
        legend: "\"#\" = \"wall\"\nP = { spawn = \"walker\" }",
        mechanics,
        rules: "",
        more,
        role: "",
        control: "set.mechanics.move.every = 2",
    })
}

fn world(small: &Small<'_>) -> Arc<Compiled> {
    worlds::compile(&worlds::read("room", &small.text()), "asked")
}

fn batch(compiled: &Arc<Compiled>) -> Batch {
    let config = Config {
        control: Control::All,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    Batch::new(std::slice::from_ref(compiled), config).expect("a batch")
}

const WALK: &str = "move = { mode = \"compass4\" }";

/// An empty room of so many cells a side with a walker in (row, column).
fn empty(side: usize, at: (usize, usize)) -> Arc<Compiled> {
    let wall = "#".repeat(side + 2);
    let mut rows = vec![wall.clone()];
    for row in 0..side {
        let cell = |column| if (row, column) == at { 'P' } else { '.' };
        rows.push(format!("#{}#", (0..side).map(cell).collect::<String>()));
    }
    rows.push(wall);
    room(&rows.join("\n"), 1, WALK, "")
}

fn alone(ticks: u32) -> Question {
    Question::of(Slot::new(0), ticks)
}

fn reach(compiled: &Arc<Compiled>, question: &Question) -> Reach {
    let mut search = Search::new(compiled).expect("a search");
    let found = search
        .reach(&mut batch(compiled), 0, question, &Serial)
        .expect("a search");
    assert!(!found.truncated && !found.fault);
    found
}

#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn small(n: usize) -> f64 {
    n as f64
}
fn counted(found: &Reach) -> f64 {
    small(found.count())
}

fn counts(compiled: &Arc<Compiled>, ticks: impl IntoIterator<Item = u32>) -> Vec<f64> {
    let count = |n| counted(&reach(compiled, &alone(n)));
    ticks.into_iter().map(count).collect()
}

#[test]
fn w1_empowerment_in_an_empty_room() {
    for (name, at) in [("centre", (2, 2)), ("corner", (0, 0)), ("edge", (0, 2))] {
        let compiled = empty(5, at);
        same(&format!("emp.reach.{name}.n0-4"), &counts(&compiled, 0..5));
        if name != "edge" {
            let bits: Vec<f64> = (1..4).map(|n| reach(&compiled, &alone(n)).bits()).collect();
            same(&format!("emp.bits.{name}.n1-3"), &bits);
        }
        assert_eq!(reach(&compiled, &alone(8)).count(), 25);
    }
    let next = empty(5, (0, 1));
    assert_eq!(counts(&next, 1..5), [4.0, 8.0, 13.0, 18.0]);
}

#[test]
fn w1_without_staying_walls_are_the_only_way_to_stay() {
    let compiled = empty(5, (2, 2));
    let moving = |ticks| Question {
        actions: vec![1, 2, 3, 4],
        ..alone(ticks)
    };
    let found: Vec<f64> = (1..4)
        .map(|n| counted(&reach(&compiled, &moving(n))))
        .collect();
    same("emp.nostay.centre.n1-3", &found);
}

#[test]
fn w1_merging_states_spends_425_forks_where_every_string_would_take_3905() {
    let found = reach(&empty(11, (5, 5)), &alone(5));
    same("emp.11x11.centre.n5", &[counted(&found)]);
    assert_eq!(found.forks, 425);
}

/// W3's room: a wall down the middle with a door in it, a person on the left; a guard in a room of its own whose plate moves the door.
fn door_room(open: bool, rule: &str, goals: &str) -> Arc<Compiled> {
    let small = Small {
        ticks: 100,
        layers: "floor = [\"grass\"]\nsolid = [\"wall\", \"gate\"]\nmark = [\"plate\", \"far\", \"near\"]",
        roles: "[roles.guard]\nslots = 1\nfocal = 1\nview = { ahead = 2, behind = 2, side = 2 }\n\
                [roles.person]\nslots = 1\nview = { ahead = 2, behind = 2, side = 2 }",
        rows: "##########\n#n.#..#Gp#\n#..#..####\n#P.D.f####\n#..#..####\n#..#..####\n##########",
        legend: "\"#\" = \"wall\"\nD = \"gate\"\np = \"plate\"\nf = \"far\"\nn = \"near\"\n\
                 G = { spawn = \"guard\" }\nP = { spawn = \"person\" }",
        mechanics: &format!("{WALK}\ndoor.gate = {{ thing = \"gate\", open = {open} }}"),
        rules: rule,
        more: goals,
        role: "guard",
        control: "set.mechanics.move.every = 2",
    };
    world(&small)
}

const SHUTS: &str = "each guard g when on(g, plate) do shut(the(gate))";
const OPENS: &str = "each guard g when on(g, plate) do open(the(gate))";
const GOALS: &str = "[goals]\nfar = \"on(j, far)\"\nnear = \"on(j, near)\"";
const PERSON: Slot = Slot::new(1);
const GUARD: Slot = Slot::new(0);

#[test]
fn w3_a_shut_door_takes_options_away() {
    let compiled = door_room(true, SHUTS, GOALS);
    let mut search = Search::new(&compiled).expect("a search");
    let mut forks = Forks::new(&compiled, 2, false).expect("room for two");
    let mut original = batch(&compiled);
    let [open, shut] = [(); 2].map(|()| forks.fork(&mut original, 0).expect("a fork"));
    let edit = Edit::State {
        kind: "gate",
        cell: (3, 3),
        state: 0,
    };
    forks.edit(shut, &edit).expect("nobody stands in the door");
    let mut ask = |fork, n| {
        let question = Question::of(PERSON, n);
        let root = search
            .root_of_fork(&mut forks, fork, &question)
            .expect("a root");
        search.run(&[root], &Serial).swap_remove(0)
    };
    let mut all = |fork| -> Vec<f64> { (1..7).map(|n| counted(&ask(fork, n))).collect() };
    same("disemp.door.open", &all(open));
    same("disemp.door.closed", &all(shut));
    let (with, without) = (ask(open, 4), ask(shut, 4));
    same("disemp.door.n4.bits", &[with.bits() - without.bits()]);
    same(
        "disemp.options.removed.n4",
        &[small(with.without(&without))],
    );
}

#[test]
fn w3_who_stands_in_a_corridor_takes_all_options() {
    let compiled = room("#######\n#PP...#\n#######", 2, WALK, "");
    let mut search = Search::new(&compiled).expect("a search");
    let mut forks = Forks::new(&compiled, 2, false).expect("room for two");
    let mut original = batch(&compiled);
    let [there, gone] = [(); 2].map(|()| forks.fork(&mut original, 0).expect("a fork"));
    // Spawns are drawn: the person is whoever stands at the end.
    let mut stands_at_the_end = |slot: u8| {
        let edit = Edit::Body {
            slot: Slot::new(slot),
            cell: (1, 1),
        };
        forks.edit(there, &edit).is_ok()
    };
    let person = u8::from(!stands_at_the_end(0));
    forks.absent(gone, Slot::new(1 - person)).expect("a slot");
    let mut bits = |fork| {
        let question = Question::of(Slot::new(person), 3);
        let root = search
            .root_of_fork(&mut forks, fork, &question)
            .expect("a root");
        search.run(&[root], &Serial)[0].bits()
    };
    same("disemp.corridor.n3", &[bits(gone), bits(there)]);
}

#[test]
fn w3_transfer_empowerment_of_a_pusher() {
    // B is passive, so that a box in its place has the same outcomes.
    let compiled = world(&Small {
        ticks: 100,
        layers: "floor = [\"grass\"]\nsolid = [\"wall\", \"box\"]",
        roles: "[roles.walker]\nslots = 1\nfocal = 1\nview = { ahead = 2, behind = 2, side = 2 }",
        rows: "#######\n#.Pb..#\n#######",
        legend: "\"#\" = \"wall\"\nb = \"box\"\nP = { spawn = \"walker\" }",
        mechanics: &format!("{WALK}\npush.box = {{ things = [\"box\"] }}"),
        rules: "",
        more: "",
        role: "",
        control: "set.mechanics.move.every = 2",
    });
    let pushed = |ticks| {
        let question = Question {
            phi: Phi::WorldObjects,
            ..alone(ticks)
        };
        counted(&reach(&compiled, &question))
    };
    same("transfer.push.n1-3", &[pushed(1), pushed(2), pushed(3)]);
}

/// W9's corridor: the person reaches two cells, four when the gate is open; the guard's plate opens it.
fn gate_corridor() -> Arc<Compiled> {
    world(&Small {
        ticks: 100,
        layers: "floor = [\"grass\"]\nsolid = [\"wall\", \"gate\"]\nmark = [\"plate\"]",
        roles: "[roles.guard]\nslots = 1\nfocal = 1\nview = { ahead = 2, behind = 2, side = 2 }\n\
                [roles.person]\nslots = 1\nview = { ahead = 2, behind = 2, side = 2 }",
        rows: "######\n#P.D.#\n######\n#Gp###\n######",
        legend: "\"#\" = \"wall\"\nD = \"gate\"\np = \"plate\"\nG = { spawn = \"guard\" }\nP = { spawn = \"person\" }",
        mechanics: &format!("{WALK}\ndoor.gate = {{ thing = \"gate\" }}"),
        rules: OPENS,
        more: "",
        role: "guard",
        control: "set.mechanics.move.every = 2",
    })
}

#[test]
fn w9_values_of_the_gatekeepers_coalitions() {
    let compiled = gate_corridor();
    let mut search = Search::new(&compiled).expect("a search");
    let question = Question {
        of: PERSON,
        coplayers: Coplayers::Null,
        ..Question::of(PERSON, 3)
    };
    let players = [GUARD, PERSON];
    let mut original = batch(&compiled);
    let (values, cut) = coalitions(&mut search, &mut original, 0, &players, &question, &Serial)
        .expect("two players");
    assert!(!cut);
    assert_eq!(values, [0.0, 0.0, 1.0, 2.0], "nobody, guard, person, both");
    // The guard's share comes from the door alone: half of what it adds to the person, by hand.
    same(
        "shapley.gate",
        &[
            0.5 * (values[1] - values[0]) + 0.5 * (values[3] - values[2]),
            0.5 * (values[2] - values[0]) + 0.5 * (values[3] - values[1]),
        ],
    );
}

#[test]
fn w17_goals_that_a_shut_door_puts_out_of_reach() {
    let compiled = door_room(true, SHUTS, GOALS);
    let mut goals = GoalSearch::new(&compiled).expect("goals");
    assert_eq!(goals.clock(), Clock::Out, "nothing here reads the clock");
    let mut forks = Forks::new(&compiled, 2, false).expect("room for two");
    let mut original = batch(&compiled);
    let [with_ref, locked] = [(); 2].map(|()| forks.fork(&mut original, 0).expect("a fork"));
    // The guard walks onto its plate, and the door shuts.
    let east = compiled.table.roles[0]
        .actions
        .iter()
        .position(|a| a.name == "e")
        .expect("a way east");
    let east = u8::try_from(east).expect("few actions");
    forks.act(locked, GUARD, east).expect("an action");
    forks.step(&Serial);
    let mut lost = |h| {
        let mut share = |fork| {
            let found = goals
                .count(forks.batch(), fork, &[PERSON], h, NODES, &Serial)
                .expect("a search");
            assert!(!found.truncated && !found.fault);
            found.share().expect("two pairs")
        };
        share(with_ref) - share(locked)
    };
    same("c4.goals.door.h3,h4", &[lost(3), lost(4)]);
}

#[test]
fn a_goal_search_that_is_cut_says_so() {
    let compiled = door_room(false, OPENS, GOALS);
    let mut goals = GoalSearch::new(&compiled).expect("goals");
    let mut original = batch(&compiled);
    let cut = goals
        .reach(&mut original, 0, PERSON, 10, 3, &Serial)
        .expect("a search");
    assert!(cut.truncated && cut.nodes == 3);
    let whole = goals
        .reach(&mut original, 0, PERSON, 10, NODES, &Serial)
        .expect("a search");
    assert_eq!((whole.reached, whole.nodes), (vec![false, true], 10));
    let none = room("####\n#P.#\n####", 1, WALK, "");
    assert!(GoalSearch::new(&none).is_err());
}

#[test]
fn the_graph_of_a_room_has_a_state_a_cell_and_its_ways() {
    let compiled = empty(5, (0, 0));
    let mut original = batch(&compiled);
    let graph =
        Graph::explore(&compiled, &mut original, 0, &alone(0), &[], 100, &Serial).expect("a graph");
    assert_eq!((graph.len(), graph.truncated), (25, false));
    let degrees: Vec<usize> = graph.successors().iter().map(Vec::len).collect();
    // Staying counts: 3 ways from a corner, 4 from an edge, 5 from inside.
    let n = |d| degrees.iter().filter(|x| **x == d).count();
    assert_eq!((n(3), n(4), n(5)), (4, 12, 9));
    let part =
        Graph::explore(&compiled, &mut original, 0, &alone(0), &[], 10, &Serial).expect("a graph");
    assert!(part.truncated && part.len() == 10);
}

#[test]
fn w2_slipping_actions_are_a_noisy_channel() {
    use commonweal_core::measures::c1_capacity::capacity;
    use commonweal_core::search::slip_channel;
    let graph = |at| {
        let compiled = empty(5, at);
        let mut original = batch(&compiled);
        Graph::explore(&compiled, &mut original, 0, &alone(0), &[], 100, &Serial).expect("a graph")
    };
    let bits = |at, n, slip| {
        let channel = slip_channel(&graph(at), 0, n, slip).expect("a channel");
        capacity(&channel, 1e-7).expect("distributions").bits
    };
    same("emp.slip.2.n1.centre", &[bits((2, 2), 1, 0.2)]);
    same("emp.slip.2.n1.corner", &[bits((0, 0), 1, 0.2)]);
    same("emp.slip.2.n2.centre", &[bits((2, 2), 2, 0.2)]);
    same("emp.slip.1.n1.centre", &[bits((2, 2), 1, 1.0)]);
    assert_eq!(slip_channel(&graph((2, 2)), 0, 1, 1.5), None);
}

#[test]
fn w4_power_of_an_empty_room_comes_near_the_drawn_values() {
    use commonweal_core::measures::c2_power::power_sampled;
    let compiled = empty(5, (2, 2));
    let mut original = batch(&compiled);
    let graph =
        Graph::explore(&compiled, &mut original, 0, &alone(0), &[], 100, &Serial).expect("a graph");
    // W4's drawn values at γ = .5: centre .8651, edge .8328, corner .7935, to ±.002.
    let power = power_sampled(&graph.successors(), 0.5, 400, 1).expect("a graph");
    let near = |state: usize, want: f64| (power[state].mean - want).abs() < 0.008;
    assert!(near(0, 0.8651), "{:?}", power[0]);
    let degree = |state: usize| graph.successors()[state].len();
    let corner = (0..25).find(|&s| degree(s) == 3).expect("a corner");
    assert!(near(corner, 0.7935), "{:?}", power[corner]);
}
