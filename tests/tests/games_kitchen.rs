//! Published games, against the values of `tests/data/games_golden.json`: kitchens, and two classics of which only orderings are
//! known.

use commonweal_core::ids::{ONE, Slot};
use commonweal_tests::published::{
    Play, count, glyphs, golden, map_of, millionths, shipped, with_map,
};

// Kitchens.

/// One cook alone on the map of a file: cell, facing, in hand (none, tomato, dish, soup), pot, ticks until the next shot.
struct Kitchen {
    cells: Vec<(usize, usize)>,
    map: Vec<Vec<char>>,
}

/// Pot: 0 to 2 tomatoes, 3 done, 3 + k: can be emptied in k ticks. Twenty ticks of work leave 20 after the tick of the last tomato.
const POTS: usize = 24;
const DONE: usize = 3;
/// An episode.
const TICKS: usize = 1000;
const ACTIONS: [&str; 8] = [
    "noop",
    "forward",
    "right",
    "back",
    "left",
    "turn_right",
    "turn_left",
    "interact",
];

#[derive(Clone, Copy)]
struct Cook {
    cell: usize,
    facing: usize,
    hand: usize,
    pot: usize,
    rest: usize,
}

impl Kitchen {
    fn new(id: &str) -> Self {
        let map: Vec<Vec<char>> = map_of(shipped(id))
            .iter()
            .map(|row| row.chars().collect())
            .collect();
        let free = |&(r, c): &(usize, usize)| matches!(map[r][c], '.' | 'P');
        let all = (0..map.len()).flat_map(|r| (0..map[0].len()).map(move |c| (r, c)));
        Self {
            cells: all.filter(free).collect(),
            map,
        }
    }
    fn states(&self) -> usize {
        self.cells.len() * 4 * 4 * POTS * 2
    }
    fn index(&self, c: Cook) -> usize {
        (((c.cell * 4 + c.facing) * 4 + c.hand) * POTS + c.pot) * 2 + c.rest
    }
    fn cook(&self, index: usize) -> Cook {
        let (pot, rest) = (index / 2 % POTS, index % 2);
        let rest_of = index / 2 / POTS;
        Cook {
            cell: rest_of / 16,
            facing: rest_of / 4 % 4,
            hand: rest_of % 4,
            pot,
            rest,
        }
    }
    fn ahead(&self, cell: usize, direction: usize) -> (usize, usize) {
        let (r, c) = self.cells[cell];
        match direction {
            0 => (r - 1, c),
            1 => (r, c + 1),
            2 => (r + 1, c),
            _ => (r, c - 1),
        }
    }
    /// The state after an action, and the soups served. Counters are not used.
    fn after(&self, c: Cook, action: usize) -> (Cook, u8) {
        let mut next = Cook {
            pot: if c.pot > DONE { c.pot - 1 } else { c.pot },
            rest: 0,
            ..c
        };
        let mut served = 0;
        match ACTIONS[action] {
            "noop" => {}
            "turn_right" => next.facing = (c.facing + 1) % 4,
            "turn_left" => next.facing = (c.facing + 3) % 4,
            "interact" if c.rest > 0 => {}
            "interact" => {
                next.rest = 1;
                let (r, k) = self.ahead(c.cell, c.facing);
                match (self.map[r][k], c.hand) {
                    ('T', 0) => next.hand = 1,
                    ('D', 0) => next.hand = 2,
                    ('H', 3) => (next.hand, served) = (0, 1),
                    ('U', 1) if c.pot < 2 => (next.hand, next.pot) = (0, c.pot + 1),
                    ('U', 1) if c.pot == 2 => (next.hand, next.pot) = (0, DONE + 20),
                    ('U', 2) if c.pot == DONE => (next.hand, next.pot) = (3, 0),
                    // A thing would be laid on a counter; that is not done.
                    _ => next.rest = 0,
                }
            }
            _ => {
                let to = self.ahead(c.cell, (c.facing + action - 1) % 4);
                if let Some(cell) = self.cells.iter().position(|&c| c == to) {
                    next.cell = cell;
                }
            }
        }
        (next, served)
    }
}

/// GAMES O1: value iteration over everything that a cook alone can be in; then the plan is played in the engine.
#[test]
fn one_perfect_cook_serves_twenty_two_soups() {
    let id = "collaborative_cooking_cramped";
    let kitchen = Kitchen::new(id);
    assert_eq!(kitchen.cells.len(), 6);
    assert_eq!(['U', 'T', 'D', 'H'].map(|g| glyphs(id, g)), [1, 2, 1, 1]);
    let n = kitchen.states();
    let next: Vec<[(u16, u8); 8]> = (0..n)
        .map(|i| {
            std::array::from_fn(|action| {
                let (next, served) = kitchen.after(kitchen.cook(i), action);
                (
                    u16::try_from(kitchen.index(next)).expect("few states"),
                    served,
                )
            })
        })
        .collect();
    let mut values = vec![vec![0_u8; n]];
    for _ in 0..TICKS {
        let last = values.last().expect("the end has a value");
        let best = next.iter().map(|next| {
            let mut best = 0;
            for &(to, served) in next {
                best = best.max(last[usize::from(to)] + served);
            }
            best
        });
        let best = best.collect();
        values.push(best);
    }
    let mut play = Play::by_hand(shipped(id), "needed", vec![Slot::new(1)]);
    let ((row, column), facing) = play.body(0);
    let place = |n: i32| usize::try_from(n).expect("on the map");
    let at = (place(row), place(column));
    let cell = kitchen
        .cells
        .iter()
        .position(|&c| c == at)
        .expect("a free cell");
    let mut now = Cook {
        cell,
        facing: usize::from(facing),
        hand: 0,
        pot: 0,
        rest: 0,
    };
    let mut paid = 0;
    for tick in 0..TICKS {
        let after = &values[TICKS - tick - 1];
        let i = kitchen.index(now);
        let value = |a: usize| after[usize::from(next[i][a].0)] + next[i][a].1;
        let best = (0..8).max_by_key(|&a| value(a)).expect("eight actions");
        let action = ACTIONS[best];
        if action == "interact" || tick % 50 == 0 {
            let ((row, column), facing) = play.body(0);
            assert_eq!(
                (kitchen.cells[now.cell], now.facing),
                ((place(row), place(column)), usize::from(facing)),
                "tick {tick}"
            );
        }
        let idle = action == "interact" && kitchen.after(now, best).0.rest == 0;
        play.act(0, if idle { "noop" } else { action });
        paid += play.pay(0)[0];
        now = kitchen.after(now, best).0;
    }
    let wanted = millionths(&golden("mp.cooking.cramped.solo"));
    for start in 0..24 {
        let (cell, facing) = (start / 4, start % 4);
        let start = kitchen.index(Cook {
            cell,
            facing,
            hand: 0,
            pot: 0,
            rest: 0,
        });
        let soups = i64::from(values[TICKS][start]);
        assert_eq!(soups * 20 * ONE, wanted, "from any cell and facing");
    }
    assert_eq!(paid, wanted);
}

/// GAMES O1: two agents beat one perfect cook.
#[test]
fn two_cooks_beat_the_perfect_one() {
    let alone = millionths(&golden("mp.cooking.cramped.solo"));
    let mut play = Play::by_bots(
        "collaborative_cooking_cramped",
        "needed",
        4,
        &[("cook_0", "chef"), ("cook_1", "steward")],
    );
    let mut paid = [[0; 2]; 4];
    for _ in 0..1000 {
        play.tick();
        for (arena, paid) in paid.iter_mut().enumerate() {
            paid.iter_mut()
                .zip(play.pay(arena))
                .for_each(|(s, p)| *s += p);
        }
    }
    for paid in paid {
        assert_eq!(paid[0], paid[1], "all cooks are paid alike");
        assert!(paid[0] > alone, "{paid:?} v {alone}");
    }
}

// Classics.

/// Leibo et al. 2017: who is tagged twice is out for a while, and tagging pays nothing.
#[test]
fn the_second_tag_sends_away_for_the_set_time() {
    let text = with_map(
        shipped("gathering"),
        "#########\n#P.....P#\n#.......#\n#...A...#\n#########",
    );
    let mut play = Play::by_hand(&text, "scarce", Vec::new());
    let left = usize::from(play.body(0).0 != (1, 1));
    play.face(left, 1);
    assert_eq!(count(&play.act(left, "tag"), "away"), 0);
    let second = play.act(left, "tag");
    assert_eq!(
        (count(&second, "away"), count(&second, "tagged_out")),
        (1, 1)
    );
    assert_eq!(play.pay(0), [0, 0]);
    let back = (1..100).find(|_| count(&play.act(left, "noop"), "returned") == 1);
    assert_eq!(back, Some(25));
}

/// The mechanism behind "scarcity raises tagging": with few apples, tagging the other out raises one's own share.
#[test]
fn tagging_pays_where_apples_are_scarce() {
    let ahead = |arm: &str, first: &str| {
        let mut play = Play::by_bots(
            "gathering",
            arm,
            6,
            &[("gatherer_0", first), ("gatherer_1", "picker")],
        );
        let mut sum = [0; 2];
        for _ in 0..600 {
            play.tick();
            for arena in 0..6 {
                sum.iter_mut()
                    .zip(play.pay(arena))
                    .for_each(|(s, p)| *s += p);
            }
        }
        sum.map(|s| s / ONE)
    };
    let [tagger, tagged] = ahead("scarce", "tagger");
    let [own, other] = ahead("scarce", "picker");
    assert!(
        tagger > own && tagged < other,
        "{tagger}, {tagged} v {own}, {other}"
    );
    let [plenty, _] = ahead("plenty", "tagger");
    let [peaceful, _] = ahead("plenty", "picker");
    // Where there is enough, it gains next to nothing.
    assert!(
        (plenty - peaceful) * own < (tagger - own) * peaceful,
        "{plenty} v {peaceful}; {tagger} v {own}"
    );
}

/// Leibo et al. 2017: the more a joint catch is worth against a lone one, the better it is to hunt together.
#[test]
fn hunting_together_pays_where_joint_catches_do() {
    let pack = |arm: &str, wolf: &str| {
        let mut play = Play::by_bots("wolfpack", arm, 6, &[("wolf", wolf)]);
        let (mut paid, mut lone, mut joint) = (0, 0, 0);
        for _ in 0..600 {
            play.tick();
            for arena in 0..6 {
                paid += play.pay(arena)[..2].iter().sum::<i64>();
                let events = play.batch.events(arena);
                lone += count(&events, "lone_catch");
                joint += count(&events, "joint_catch");
            }
        }
        (paid / ONE, lone, joint)
    };
    let (together, lone, joint) = pack("pack", "pack_wolf");
    assert!(
        joint > 10 * lone,
        "they wait for each other: {joint} v {lone}"
    );
    let (alone, lone, _) = pack("pack", "lone_wolf");
    assert!(lone > 0);
    let (even_together, ..) = pack("even", "pack_wolf");
    let (even_alone, ..) = pack("even", "lone_wolf");
    // A ratio of five to one makes waiting better in comparison than one to one does.
    assert!(
        together * even_alone > even_together * alone,
        "{together} v {alone}; {even_together} v {even_alone}"
    );
}
