//! Nobody is favoured: the tick's own order of slots, over 10^5 ticks, and who gets a contested cell.

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_core::draw::TickDraw;
use commonweal_core::ids::Domain;
use commonweal_core::state::draw_order;
use commonweal_tests::rows::{Buffers, step};
use commonweal_tests::small::Small;
use commonweal_tests::stats::z_of_equal_shares;
use commonweal_tests::worlds;

/// The slots in the order of a tick.
fn order(domain: Domain, seed: u64, episode: u32, tick: u32, n: usize) -> Vec<usize> {
    let mut slots = vec![0; n];
    draw_order(TickDraw::new(domain, seed, episode, tick), &mut slots);
    slots.into_iter().map(usize::from).collect()
}

const TICKS: u32 = 100_000;
const LIMIT: f64 = 5.0;

#[test]
fn every_slot_stands_at_every_position_equally_often() {
    for n in [2, 7, 8, 33] {
        let mut at = vec![vec![0u64; n]; n];
        for tick in 0..TICKS {
            let order = order(Domain::Train, 11, 2, tick, n);
            order
                .iter()
                .enumerate()
                .for_each(|(position, &slot)| at[position][slot] += 1);
        }
        for (position, counts) in at.iter().enumerate() {
            let z = z_of_equal_shares(counts);
            assert!(
                z.abs() < LIMIT,
                "{n} slots, position {position}: z = {z:.1}"
            );
        }
        for slot in 0..n {
            let counts: Vec<u64> = at.iter().map(|position| position[slot]).collect();
            let z = z_of_equal_shares(&counts);
            assert!(z.abs() < LIMIT, "{n} slots, slot {slot}: z = {z:.1}");
        }
    }
}

#[test]
fn who_was_first_says_nothing_of_who_will_be() {
    let n = 8;
    let first = |tick| order(Domain::Eval, 12, 0, tick, n)[0];
    for lag in [1, 2, 64] {
        let mut counts = vec![0u64; n * n];
        (0..TICKS).for_each(|tick| counts[first(tick) * n + first(tick + lag)] += 1);
        let z = z_of_equal_shares(&counts);
        assert!(z.abs() < LIMIT, "{lag} ticks later: z = {z:.1}");
    }
}

#[test]
fn a_contested_cell_goes_to_each_neighbour_equally_often() {
    // Four walkers around one free cell, and each steps into it: 1,000 arenas, 100 episodes of one tick.
    let text = Small {
        ticks: 1,
        layers: "floor = [\"grass\"]\nsolid = [\"wall\"]",
        roles: "[roles.walker]\nslots = 4\nfocal = 4\nview = { ahead = 2, behind = 2, side = 2 }",
        rows: "#####\n##P##\n#P.P#\n##P##\n#####",
        legend: "\"#\" = \"wall\"\n\"P\" = { spawn = \"walker\" }",
        mechanics: "move = { mode = \"compass4\" }",
        rules: "",
        more: "",
        role: "",
        control: "set.time.ticks = 2",
    }
    .text();
    let compiled = worlds::compile(&worlds::read("contest", &text), "asked");
    let geometry = compiled.table.geometry;
    let config = Config {
        arenas: 1000,
        control: Control::All,
        events: true,
        seed: 13,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    let mut batch = Batch::new(std::slice::from_ref(&compiled), config).expect("a batch");
    let mut buffers = Buffers::of(&batch);
    let names = &batch.groups()[0].action_names;
    let toward =
        ["s", "e", "w", "n"].map(|verb| names.iter().position(|n| n == verb).expect("a move"));
    let spawns = [(1, 2), (2, 1), (2, 3), (3, 2)];
    let (mut by_slot, mut by_side) = ([0u64; 4], [0u64; 4]);
    let mut frame = Vec::new();
    for _ in 0..TICKS / 1000 {
        batch
            .reset(None, None, &mut buffers.outs())
            .expect("a reset");
        let mut actions = vec![0; 4000];
        let mut sides = vec![[0; 4]; 1000];
        for arena in 0..1000 {
            batch.frame(arena, &mut frame);
            for (side, (row, column)) in spawns.iter().enumerate() {
                let body = frame[(row * usize::from(geometry.width) + column) * 8 + 5];
                let slot = usize::from(body)
                    .checked_sub(1)
                    .expect("a body in each of the four cells");
                actions[arena * 4 + slot] = i32::try_from(toward[side]).expect("few actions");
                sides[arena][slot] = side;
            }
        }
        step(&mut batch, &[actions], &mut buffers, &Serial).expect("a step");
        for (arena, sides) in sides.iter().enumerate() {
            let moved = compiled.table.event("moved").expect("an event of move");
            let mut winners = batch
                .event_rows(arena)
                .iter()
                .filter(|e| e.event == moved.get())
                .map(|e| usize::from(e.a));
            let winner = winners.next().expect("one of them gets there");
            assert_eq!(winners.next(), None, "and only one");
            by_slot[winner] += 1;
            by_side[sides[winner]] += 1;
        }
    }
    for (what, counts) in [("slots", by_slot), ("sides", by_side)] {
        let z = z_of_equal_shares(&counts);
        assert!(z.abs() < LIMIT, "{what}: {counts:?}, z = {z:.1}");
    }
}
