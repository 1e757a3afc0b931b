//! Values of published Melting Pot games, held against `tests/data/games_golden.json`: coins, clean up, commons harvest, mushrooms,
//! allelopathic harvest, territory. Where a value needs a setting made by hand, the shipped file is patched as text.

use std::sync::Arc;

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Out, Serial};
use commonweal_core::ids::Slot;
use commonweal_core::scenario::{Compiled, Scenario};
use commonweal_tests::{published, worlds};
use serde_json::Value;

/// A number of the golden file, or one of its parts, with its tolerance.
fn golden(name: &str, part: Option<usize>) -> (f64, f64) {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("../data/games_golden.json")).expect("JSON");
    let entry = all
        .iter()
        .find(|e| e["name"] == name)
        .unwrap_or_else(|| panic!("no golden value {name}"));
    let number = |value: &Value| {
        let value = part
            .filter(|_| value.is_array())
            .map_or(value, |i| &value[i]);
        value.as_f64()
    };
    let value = number(&entry["value"]).expect("a number");
    (value, number(&entry["tolerance"]).unwrap_or(0.0))
}

/// With `--nocapture` a run tells what it found: the pages of the scenarios quote it.
#[expect(clippy::print_stderr, reason = "asked for on the command line")]
fn told(name: &str, found: f64) {
    eprintln!("{name}: {found:.6}");
}

#[track_caller]
fn near(name: &str, part: Option<usize>, found: f64) {
    let (value, tolerance) = golden(name, part);
    told(name, found);
    assert!(
        (found - value).abs() <= tolerance + 1e-12,
        "{name}: {value} ± {tolerance}, found {found}"
    );
}

/// The text of a shipped scenario.
fn text(id: &str) -> String {
    let found = commonweal_scenarios::ALL.iter().find(|s| s.id == id);
    found
        .unwrap_or_else(|| panic!("{id} is not shipped"))
        .text
        .to_owned()
}

/// One place of a text, replaced.
#[track_caller]
fn patch(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "the file says no more: {old}");
    text.replacen(old, new, 1)
}

/// The text between `rows = '''` and `'''`.
fn rows_of(text: &str) -> &str {
    let start = text.find("rows = '''\n").expect("a map") + "rows = '''\n".len();
    let end = text[start..].find("'''").expect("its end");
    &text[start..start + end]
}

/// Another map in the place of the file's.
fn with_rows(text: &str, rows: &str) -> String {
    let old = rows_of(text).to_owned();
    let rows = format!("{}\n", rows.trim_end());
    patch(text, &old, &rows)
}

fn glyphs(text: &str, glyph: char) -> usize {
    rows_of(text).chars().filter(|&g| g == glyph).count()
}

fn scenario(id: &str, text: &str) -> Scenario {
    worlds::read(id, text)
}

fn compile(id: &str, text: &str, arm: &str) -> Arc<Compiled> {
    worlds::compile(&scenario(id, text), arm)
}

fn batch(compiled: &Arc<Compiled>, arenas: usize, config: Config) -> Batch {
    let config = Config {
        arenas,
        events: true,
        ..config
    };
    Batch::new(std::slice::from_ref(compiled), config).expect("a batch")
}

/// Nobody acts; an episode that is over stays over.
fn idle() -> Config {
    Config {
        control: Control::All,
        autoreset: Autoreset::Disabled,
        seed: 1,
        ..Config::default()
    }
}

/// Bots sit in these roles, those of the file in the others.
fn cast(policies: &[(&str, &str)], autoreset: Autoreset) -> Config {
    Config {
        control: Control::None,
        policies: policies
            .iter()
            .map(|(role, bot)| ((*role).to_owned(), (*bot).to_owned()))
            .collect(),
        autoreset,
        seed: 1,
        ..Config::default()
    }
}

/// One tick with the actions of one group, or with bots when it is empty.
fn step(batch: &mut Batch, actions: &[Vec<i32>]) {
    let actions: Vec<&[i32]> = actions.iter().map(Vec::as_slice).collect();
    let mut outs: Vec<Out<'_>> = actions.iter().map(|_| Out::default()).collect();
    batch.step(&actions, &mut outs, &Serial).expect("a step");
}

/// `noop` for everyone.
fn nothing(batch: &Batch) -> Vec<Vec<i32>> {
    let rows = |slots: usize| vec![0; batch.arenas() * slots];
    batch.groups().iter().map(|g| rows(g.slots.len())).collect()
}

fn count(batch: &Batch, arena: usize, kind: &str) -> usize {
    let kind = batch.compiled(arena).table.kind(kind).expect("a kind");
    usize::from(batch.count(arena, kind))
}

/// Number of events of that name in an arena's last tick.
fn events(batch: &Batch, arena: usize, name: &str) -> usize {
    let event = batch
        .compiled(arena)
        .table
        .event(name)
        .expect("an event")
        .get();
    batch
        .event_rows(arena)
        .iter()
        .filter(|row| row.event == event)
        .count()
}

/// Rewards of all slots in the last tick, summed.
#[expect(clippy::cast_precision_loss, reason = "a few millions at most")]
fn paid(batch: &Batch, arena: usize) -> f64 {
    batch.pay(arena).iter().sum::<i64>() as f64 / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn mean(values: impl Iterator<Item = usize>) -> f64 {
    let (n, sum) = values.fold((0, 0), |(n, sum), x| (n + 1, sum + x));
    sum as f64 / f64::from(n)
}

// ---------------------------------------------------------------------------------------------------------------------- coins

#[test]
fn coins_fill_a_room_of_ten_by_ten_as_published() {
    let room = format!(
        "############\n#R.........#\n{}#.........B#\n############",
        "#..........#\n".repeat(8)
    );
    let text = with_rows(&text("coins"), &room);
    let mut b = batch(&compile("coins", &text, "coins"), 60, idle());
    let noop = nothing(&b);
    for _ in 0..200 {
        step(&mut b, &noop);
    }
    let coins = |a| count(&b, a, "coin_red") + count(&b, a, "coin_blue");
    near("mp.coins.t200", None, mean((0..60).map(coins)));
    let red = mean((0..60).map(|a| count(&b, a, "coin_red")));
    let all = mean((0..60).map(coins));
    // 560 coins, either colour as likely: standard deviation .021.
    assert!((red / all - 0.5).abs() < 0.07, "{red} of {all} are red");
}

/// Reward of both for each coin that was taken.
fn per_coin(red: &str, blue: &str) -> (f64, usize) {
    let compiled = compile("coins", &text("coins"), "coins");
    let pair = cast(&[("red", red), ("blue", blue)], Autoreset::SameStep);
    let mut b = batch(&compiled, 24, pair);
    let (mut reward, mut coins) = (0.0, 0);
    for _ in 0..2500 {
        step(&mut b, &[]);
        for arena in 0..b.arenas() {
            let cells = |name| {
                let event = b.compiled(arena).table.event(name).expect("an event").get();
                let rows = b.event_rows(arena).iter();
                rows.filter(move |row| row.event == event)
                    .map(|row| row.cell)
            };
            // What falls on somebody's head is taken too, but nobody chose that: such ticks say nothing of the pair.
            if cells("eaten").all(|cell| !cells("grew").any(|c| c == cell)) {
                reward += paid(&b, arena);
                coins += cells("eaten").count();
            }
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let per_coin = reward / coins as f64;
    (per_coin, coins)
}

#[test]
fn two_that_take_every_coin_gain_nothing_and_two_that_leave_the_others_gain_one_each() {
    let (greedy, coins) = per_coin("take_all", "take_all");
    assert!(coins > 3000, "{coins} coins are too few to tell");
    near("mp.coins.greedy_pair", Some(0), greedy);
    let (honest, coins) = per_coin("own_only", "own_blue");
    assert!(coins > 1000, "{coins}");
    near("mp.coins.greedy_pair", Some(1), honest);
}

// ------------------------------------------------------------------------------------------------------------------- clean up

#[test]
fn the_river_has_the_published_cells() {
    let text = text("clean_up");
    let (dirty, clean) = (glyphs(&text, 'd'), glyphs(&text, '~'));
    for (part, found) in [dirty + clean, dirty, glyphs(&text, 'o')]
        .into_iter()
        .enumerate()
    {
        let (value, _) = golden("mp.cleanup.cells", Some(part));
        assert!(
            (f64::from(u32::try_from(found).expect("few")) - value).abs() < 1e-9,
            "{part}: {found}"
        );
    }
    let g = compile("clean_up", &text, "free").table.geometry;
    assert_eq!((g.width, g.height), (30, 21));
}

#[test]
fn without_cleaning_the_river_fills_and_nothing_ever_grows() {
    let n = 200;
    let mut b = batch(&compile("clean_up", &text("clean_up"), "free"), n, idle());
    let noop = nothing(&b);
    let mut full = vec![0usize; n];
    for t in 1..=260 {
        step(&mut b, &noop);
        if t == 100 {
            near(
                "mp.cleanup.dirt_t100",
                None,
                mean((0..n).map(|a| count(&b, a, "dirt"))),
            );
        }
        for (arena, full) in full.iter_mut().enumerate() {
            assert_eq!(count(&b, arena, "apple"), 0);
            // A body on a clean cell keeps it clean; none stands in the river here.
            if *full == 0 && count(&b, arena, "dirt") == 147 {
                *full = t;
            }
        }
    }
    assert!(full.iter().all(|&t| t > 0));
    near("mp.cleanup.full", None, mean(full.into_iter()));
    for arena in 0..4 {
        assert_eq!(count(&b, arena, "apple"), 0);
    }
}

#[test]
fn apples_grow_at_58_dirty_cells_and_not_at_59() {
    let published = text("clean_up");
    let still = patch(
        &published,
        "chance = 0.5, delay = 50",
        "chance = 0.000001, delay = 50",
    );
    let law = compile("clean_up", &still, "free").table.growth_laws[0];
    #[expect(clippy::cast_precision_loss, reason = "a fraction of 2^32")]
    let chance = |dirty| 0.05 * law.factor(dirty) as f64 / 4_294_967_296.0;
    let (first, _) = golden("mp.cleanup.first_growth", None);
    let grows = (0..=147)
        .rev()
        .find(|&dirty| chance(dirty) > 0.0)
        .expect("it grows when clean");
    assert!((f64::from(grows) - first).abs() < 1e-9, "{grows}");
    near("mp.cleanup.p_at_58", None, chance(58));
    for (dirty, grows) in [(59, false), (58, true)] {
        let mut rows = rows_of(&still).to_owned();
        for _ in dirty..79 {
            rows = patch(&rows, "d", "~");
        }
        let n = 40;
        let compiled = compile("clean_up", &with_rows(&still, &rows), "free");
        let mut b = batch(&compiled, n, idle());
        let noop = nothing(&b);
        for _ in 0..100 {
            step(&mut b, &noop);
        }
        let apples: usize = (0..n).map(|a| count(&b, a, "apple")).sum();
        // 122 cells of 40 arenas, 100 ticks at 6.8e-4: 321 apples, standard deviation 17.
        let fits = if grows {
            (265..=377).contains(&apples)
        } else {
            apples == 0
        };
        assert!(fits, "{dirty} dirty: {apples} apples");
    }
}

#[test]
fn who_cleans_is_paid_in_the_role_of_cleaners_and_who_eats_in_the_others() {
    let free = text("clean_up");
    for (role, bot, event, paid_for) in [
        ("free", "cleaner", "cleaned", 0.0),
        ("cleaner", "cleaner", "cleaned", 1.0),
        ("consumer", "by_turns", "eaten", 1.0),
        ("cleaner", "by_turns", "eaten", 0.0),
    ] {
        let text = patch(&free, "value = \"free\"", &format!("value = \"{role}\""));
        let compiled = compile(
            "clean_up",
            &text,
            if event == "eaten" { "spring" } else { "free" },
        );
        let mut b = batch(&compiled, 4, cast(&[("player", bot)], Autoreset::Disabled));
        let (mut reward, mut acts) = (0.0, 0);
        for _ in 0..150 {
            step(&mut b, &[]);
            for arena in 0..4 {
                reward += paid(&b, arena);
                acts += events(&b, arena, event);
            }
        }
        assert!(acts > 10, "{role}, {bot}: {acts}");
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let expected = acts as f64 * paid_for;
        assert!(
            (reward - expected).abs() < 1e-9,
            "{role}, {bot}: {reward} for {acts}"
        );
    }
}

// ------------------------------------------------------------------------------------------------------------ commons harvest

const HARVESTS: [&str; 3] = [
    "commons_harvest",
    "commons_harvest_closed",
    "commons_harvest_partnership",
];

/// Cells (row, column) of a glyph.
fn cells(text: &str, glyph: char) -> Vec<(usize, usize)> {
    let rows = rows_of(text).lines().enumerate();
    rows.flat_map(|(r, row)| {
        let cells = row.chars().enumerate().filter(move |(_, g)| *g == glyph);
        cells.map(move |(c, _)| (r, c))
    })
    .collect()
}

fn close((r, c): (usize, usize), (s, d): (usize, usize)) -> bool {
    let (dy, dx) = (r.abs_diff(s), c.abs_diff(d));
    dy * dy + dx * dx <= 4
}

/// Cells joined within distance 2.
fn patches(mut cells: Vec<(usize, usize)>) -> Vec<Vec<(usize, usize)>> {
    let mut out = Vec::new();
    while let Some(first) = cells.pop() {
        let (mut patch, mut i) = (vec![first], 0);
        while i < patch.len() {
            let here = patch[i];
            let (mut joined, rest) = cells.into_iter().partition(|&c| close(here, c));
            patch.append(&mut joined);
            cells = rest;
            i += 1;
        }
        out.push(patch);
    }
    out
}

#[test]
fn the_three_harvest_maps_have_the_published_patches() {
    for id in HARVESTS {
        let apples = cells(&text(id), 'A');
        let (n, _) = golden("mp.harvest.apples", None);
        assert!(
            (f64::from(u32::try_from(apples.len()).expect("few")) - n).abs() < 1e-9,
            "{id}"
        );
        let mut sizes: Vec<usize> = patches(apples.clone()).iter().map(Vec::len).collect();
        sizes.sort_unstable();
        assert_eq!(
            serde_json::json!(sizes),
            published::golden("mp.harvest.patches"),
            "{id}"
        );
        let around =
            |&a: &(usize, usize)| apples.iter().filter(|&&b| b != a && close(a, b)).count();
        let mut histogram = std::collections::BTreeMap::new();
        for n in apples.iter().map(around) {
            *histogram.entry(n).or_insert(0) += 1;
        }
        assert_eq!(
            serde_json::json!(histogram),
            published::golden("mp.harvest.nbr_hist"),
            "{id}"
        );
    }
}

/// The open map with soil in all 64 cells and apples in those that `keep` names.
fn open_with(keep: impl Fn(usize, usize) -> bool) -> String {
    let mut text = text("commons_harvest");
    let rows: Vec<String> = rows_of(&text)
        .lines()
        .enumerate()
        .map(|(r, row)| {
            let glyph = |(c, g)| if g == 'A' && !keep(r, c) { 'a' } else { g };
            row.chars().enumerate().map(glyph).collect()
        })
        .collect();
    text = with_rows(&text, &rows.join("\n"));
    text = patch(
        &text,
        "item = [\"apple\"]",
        "item = [\"apple\"]\nmark = [\"soil\"]",
    );
    text = patch(
        &text,
        "\"A\" = \"apple\"",
        "\"A\" = [\"soil\", \"apple\"]\n\"a\" = \"soil\"",
    );
    patch(&text, "where = \"initial\"", "where = [\"soil\"]")
}

/// Nobody is there: all seven are absent.
fn empty() -> Config {
    Config {
        absent: (0..7).map(Slot::new).collect(),
        ..idle()
    }
}

/// Mean number of apples after some ticks.
fn apples_after(text: &str, n: usize, at: &[usize]) -> Vec<f64> {
    let mut b = batch(&compile("commons_harvest", text, "open"), n, empty());
    let noop = nothing(&b);
    let mut out = Vec::new();
    for t in 1..=*at.last().expect("some tick") {
        step(&mut b, &noop);
        if at.contains(&t) {
            out.push(mean((0..n).map(|a| count(&b, a, "apple"))));
        }
    }
    out
}

#[test]
fn h1_a_full_map_is_stable_and_h2_a_dead_one_stays_dead() {
    for (keep, apples) in [(true, 64.0), (false, 0.0)] {
        let found = apples_after(&open_with(|_, _| keep), 2, &[1, 500, 1000]);
        assert_eq!(found, [apples; 3]);
    }
}

#[test]
fn h3_half_a_map_regrows_by_the_published_law() {
    // On the published map the cells with an even sum of row and column are 2, 4, 4, 4, 9 and 9 of the six patches. Where ours
    // lie otherwise, the odd ones of a patch are kept.
    let mut patches = patches(cells(&text("commons_harvest"), 'A'));
    patches.sort_by_key(|patch| (patch.len(), patch.iter().min().copied()));
    let mut kept = Vec::new();
    for (patch, n) in patches.into_iter().zip([2, 4, 4, 4, 9, 9]) {
        let (even, odd): (Vec<_>, Vec<_>) = patch.into_iter().partition(|(r, c)| (r + c) % 2 == 0);
        kept.extend(if even.len() == n { even } else { odd });
    }
    assert_eq!(kept.len(), 32);
    let found = apples_after(&open_with(|r, c| kept.contains(&(r, c))), 300, &[50, 100]);
    near("mp.harvest.half.t50", None, found[0]);
    near("mp.harvest.half.t100", None, found[1]);
}

#[test]
fn h3b_one_apple_a_patch_recovers_slowly() {
    let first: Vec<(usize, usize)> = patches(cells(&text("commons_harvest"), 'A'))
        .into_iter()
        .filter_map(|patch| patch.into_iter().min())
        .collect();
    let found = apples_after(&open_with(|r, c| first.contains(&(r, c))), 160, &[300]);
    near("mp.harvest.single.t300", None, found[0]);
}

/// The open map with walkers that take four absolute moves and see the whole map.
fn walkers(script: &str) -> Arc<Compiled> {
    let mut text = text("commons_harvest");
    text = patch(&text, "mode = \"turn\"", "mode = \"compass4\"");
    text = patch(
        &text,
        "view = { ahead = 9, behind = 1, side = 5 }",
        "view = { ahead = 5, behind = 5, side = 5 }",
    );
    let bot = format!(
        "[bots.walker]\nkind = \"resident\"\nsenses = \"world\"\nscript = '''\n{script}\n'''\n[measures]"
    );
    compile("commons_harvest", &patch(&text, "[measures]", &bot), "open")
}

/// Apples eaten by all seven in so many ticks, and the first tick after which none was left, for each arena.
fn harvest(compiled: &Arc<Compiled>, arenas: usize, ticks: usize) -> Vec<(usize, Option<usize>)> {
    let seven = cast(&[("gatherer", "walker")], Autoreset::Disabled);
    let mut b = batch(compiled, arenas, seven);
    let mut out = vec![(0, None); arenas];
    for t in 1..=ticks {
        step(&mut b, &[]);
        for (arena, (eaten, empty)) in out.iter_mut().enumerate() {
            *eaten += events(&b, arena, "eaten");
            if empty.is_none() && count(&b, arena, "apple") == 0 {
                *empty = Some(t);
            }
        }
    }
    out
}

#[test]
fn h4_seven_greedy_walkers_empty_the_map_and_h5_seven_restrained_ones_live_on() {
    let greedy = harvest(&walkers("eat: -> go(nearest(apple))"), 12, 80);
    let group = mean(greedy.iter().map(|(eaten, _)| *eaten));
    near("mp.harvest.greedy7", Some(0), group);
    let empty = greedy
        .iter()
        .map(|(_, empty)| empty.expect("it is emptied in 80 ticks"));
    near("mp.harvest.greedy7", Some(1), mean(empty));
    let script = "avoid apple where count(apple, it, 2, l2) <= 3\n\
                  eat: -> go(nearest(apple where count(apple, it, 2, l2) > 3))";
    let restrained = harvest(&walkers(script), 3, 1000);
    assert!(restrained.iter().all(|(_, empty)| empty.is_none()));
    let sustained = mean(restrained.iter().map(|(eaten, _)| *eaten));
    near("mp.harvest.restrained3", None, sustained);
    assert!(sustained / group > 7.0, "{sustained} against {group}");
}

#[test]
fn two_begin_inside_the_rooms_and_nobody_returns_there() {
    for id in &HARVESTS[1..] {
        let text = text(id);
        assert_eq!((glyphs(&text, 'I'), glyphs(&text, 'P')), (2, 60), "{id}");
        let n = 8;
        let mut b = batch(
            &compile(id, &text, &scenario(id, &text).arms[0].name),
            n,
            idle(),
        );
        let g = b.compiled(0).table.geometry;
        let inside = cells(&text, 'I');
        let mut frame = Vec::new();
        let place = |b: &Batch, arena: usize, slot: u8, frame: &mut Vec<u8>| {
            b.frame(arena, frame);
            let words = frame.chunks(8).position(|word| word[5] == slot + 1);
            words.map(|at| (at / usize::from(g.width), at % usize::from(g.width)))
        };
        for arena in 0..n {
            for slot in 0..7 {
                let at = place(&b, arena, slot, &mut frame).expect("a body");
                assert_eq!(
                    inside.contains(&at),
                    slot < 2,
                    "{id}: slot {slot} at {at:?}"
                );
            }
        }
        // Everybody zaps until somebody of the two is hit and has come back.
        let zap = b.groups()[0]
            .action_names
            .iter()
            .position(|a| a == "zap")
            .expect("a verb");
        let turn = b.groups()[0]
            .action_names
            .iter()
            .position(|a| a == "turn_left")
            .expect("a verb");
        let mut returned = 0;
        for t in 0..400 {
            let action = if t % 5 == 0 { zap } else { turn };
            let actions = vec![vec![i32::try_from(action).expect("few"); n * 7]];
            step(&mut b, &actions);
            for arena in 0..n {
                let event = b
                    .compiled(0)
                    .table
                    .event("returned")
                    .expect("an event")
                    .get();
                let rows: Vec<u8> = b
                    .event_rows(arena)
                    .iter()
                    .filter(|row| row.event == event)
                    .map(|row| u8::try_from(row.a).expect("a slot"))
                    .collect();
                for slot in rows {
                    returned += 1;
                    let at = place(&b, arena, slot, &mut frame).expect("a body");
                    assert!(cells(&text, 'P').contains(&at), "{id}: {at:?}");
                }
            }
        }
        assert!(returned > 0, "{id}: nobody was zapped");
    }
}

// ------------------------------------------------------------------------------------------------------------------ mushrooms

/// One forager with a mushroom of the kind on each side of it, four others apart: what each of the five is paid when it steps
/// forward, the eater first, and for how many ticks the eater is frozen after the tick.
fn meal(glyph: char) -> (Vec<f64>, u32) {
    let rows = "###########\n#.m.#PP####\n#mPm#PP####\n#.m.#######\n###########"
        .replace('m', &glyph.to_string());
    let text = with_rows(&text("externality_mushrooms"), &rows);
    let mut b = batch(
        &compile("externality_mushrooms", &text, "mushrooms"),
        1,
        idle(),
    );
    let mut frame = Vec::new();
    b.frame(0, &mut frame);
    let eater = usize::from(frame[(2 * 11 + 2) * 8 + 5]).checked_sub(1);
    let Some(eater) = eater else {
        panic!("five spawn cells and five foragers");
    };
    let forward = b.groups()[0]
        .action_names
        .iter()
        .position(|a| a == "forward")
        .expect("a verb");
    let mut actions = nothing(&b);
    actions[0][eater] = i32::try_from(forward).expect("few");
    step(&mut b, &actions);
    assert_eq!(events(&b, 0, "eaten"), 1);
    #[expect(clippy::cast_precision_loss, reason = "a few millions at most")]
    let mut pay: Vec<f64> = b.pay(0).iter().map(|&p| p as f64 / 1e6).collect();
    let own = pay.remove(eater);
    pay.insert(0, own);
    let slot = Slot::new(u8::try_from(eater).expect("a slot"));
    (pay, b.status(0, slot).3)
}

#[test]
fn a_mushroom_pays_those_whom_it_should_and_keeps_the_eater_busy() {
    let (green, _) = golden("mp.mushroom.green", None);
    let (orange, _) = golden("mp.mushroom.orange", None);
    for (glyph, own, others, frozen) in [
        ('r', 1.0, 0.0, 0),
        ('g', green, green, 10),
        ('b', 0.0, 0.75, 15),
        ('o', orange, orange, 15),
    ] {
        let (pay, busy) = meal(glyph);
        assert!((pay[0] - own).abs() < 1e-9, "{glyph}: {pay:?}");
        assert!(
            pay[1..].iter().all(|p| (p - others).abs() < 1e-9),
            "{glyph}: {pay:?}"
        );
        // Frozen n ticks: free again in tick t + n; after tick t these are n − 1.
        assert_eq!(busy, if frozen > 0 { frozen - 1 } else { 0 }, "{glyph}");
    }
}

#[test]
fn the_clearing_begins_with_the_published_mushrooms() {
    let text = text("externality_mushrooms");
    assert_eq!(['r', 'g', 'b', 'o'].map(|g| glyphs(&text, g)), [3, 3, 3, 1]);
    let g = compile("externality_mushrooms", &text, "mushrooms")
        .table
        .geometry;
    assert_eq!((g.width, g.height), (23, 14));
}

// ------------------------------------------------------------------------------------------------------- allelopathic harvest

/// Share of the draws after the delay in which a bush ripened.
fn ripening(arm: &str, arenas: usize) -> (f64, f64) {
    let compiled = compile("allelopathic_harvest", &text("allelopathic_harvest"), arm);
    let mut b = batch(&compiled, arenas, idle());
    let noop = nothing(&b);
    let (mut ripe, ticks) = (0, 22);
    for t in 0..9 + ticks {
        step(&mut b, &noop);
        let now: usize = (0..arenas).map(|a| events(&b, a, "ripened")).sum();
        assert!(t >= 9 || now == 0, "a bush ripens in tick {t}");
        ripe += now;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred thousand")]
    let (ripe, draws) = (ripe as f64, (348 * ticks * arenas) as f64);
    // Those that are ripe draw no more: at most 2 % of the draws in the field of one crop.
    let p = ripe / (draws - ripe * f64::from(u32::try_from(ticks).expect("few")) / 2.0);
    (p, (p / draws).sqrt())
}

#[test]
fn one_crop_ripens_three_times_as_fast() {
    let text = text("allelopathic_harvest");
    assert_eq!(['1', '2', '3'].map(|g| glyphs(&text, g)), [116, 116, 116]);
    for (arm, name) in [("mixed", "mp.allelo.p"), ("one_crop", "mp.allelo.mono")] {
        let table = &compile("allelopathic_harvest", &text, arm).table;
        assert_eq!((table.geometry.width, table.geometry.height), (29, 30));
        let (p, error) = ripening(arm, 60);
        let (published, _) = golden(name, None);
        told(name, p);
        assert!(
            (p - published).abs() < 3.0 * error,
            "{arm}: {p} ± {error}, published {published}"
        );
    }
}

// ------------------------------------------------------------------------------------------------------------------ territory

#[test]
fn the_territory_maps_have_the_published_walls() {
    for (id, walls, width, height) in [
        ("territory_rooms", 180, 21, 21),
        ("territory_open", 88, 39, 23),
    ] {
        let text = text(id);
        assert_eq!(glyphs(&text, 'W'), walls, "{id}");
        let g = compile(id, &text, "land").table.geometry;
        assert_eq!((g.width, g.height), (width, height), "{id}");
    }
}

#[test]
fn a_dry_wall_pays_its_owner_one_in_a_hundred_ticks() {
    // Whichever way it looks, one wall stands before it.
    let cell = "#####\n##W##\n#WPW#\n##W##\n#####";
    let text = patch(
        &with_rows(&text("territory_open"), cell),
        "slots = 9\nfocal = 9",
        "slots = 1\nfocal = 1",
    );
    let n = 200;
    let mut b = batch(&compile("territory_open", &text, "land"), n, idle());
    let noop = nothing(&b);
    let (mut total, mut first) = (0.0, None);
    for t in 0..125 {
        step(&mut b, &noop);
        let now: f64 = (0..n).map(|a| paid(&b, a)).sum();
        let claimed: usize = (0..n).map(|a| events(&b, a, "claimed")).sum();
        assert_eq!(claimed, if t == 0 { n } else { 0 });
        if now > 0.0 {
            first = first.or(Some(t));
        }
        assert!(t >= 25 || now == 0.0, "a wet wall pays in tick {t}");
        total += now;
    }
    // 200 walls draw in each tick, so that one of the first pays with 87 %.
    assert!(first.is_some_and(|t| (25..30).contains(&t)), "{first:?}");
    let (rate, _) = golden("mp.territory.wall_rate", None);
    let error = (rate * (1.0 - rate) / 20_000.0).sqrt();
    told("mp.territory.wall_rate", total / 20_000.0);
    assert!((total / 20_000.0 - rate).abs() < 3.0 * error, "{total}");
}

#[test]
fn a_rule_can_claim_and_ask_whose_something_is() {
    let mut text = with_rows(&text("territory_open"), "#####\n#P..#\n#...#\n#..W#\n#####");
    text = patch(&text, "slots = 9\nfocal = 9", "slots = 1\nfocal = 1");
    text = patch(&text, "pays = 1, ", "pays = 0, ");
    let rules = "all = '''\n\
        each settler p when tick == 2 do claim(the(wall).pos, p)\n\
        each settler p when owner(the(wall).pos) == p do pay(p, main, 3)\n\
        each settler p when the(wall).owner == p do pay(p, main, 4)\n";
    text = patch(&text, "all = '''\n", rules);
    let mut b = batch(&compile("territory_open", &text, "land"), 1, idle());
    let noop = nothing(&b);
    for t in 0..5 {
        step(&mut b, &noop);
        assert_eq!(events(&b, 0, "claimed"), usize::from(t == 2), "tick {t}");
        let expected = if t < 2 { 0.0 } else { 7.0 };
        assert!(
            (paid(&b, 0) - expected).abs() < 1e-9,
            "tick {t}: {}",
            paid(&b, 0)
        );
    }
}

// --------------------------------------------------------------------------------------------------------------- how it ends

/// Mean length of 2,000 episodes of a game whose end is drawn in every tick from the tenth on: the published law, a hundredth as long.
fn hundredth(p: &str) -> f64 {
    let text = patch(
        &text("coins"),
        "ticks = 5000\ndrawn_end = { from = 300, every = 100, p = 0.05 }",
        &format!("ticks = 50\ndrawn_end = {{ from = 10, every = 1, p = {p} }}"),
    );
    let n = 2000;
    let config = Config {
        autoreset: Autoreset::SameStep,
        events: false,
        ..idle()
    };
    let mut b = batch(&compile("coins", &text, "coins"), n, config);
    let noop = nothing(&b);
    let mut length = vec![0; n];
    for t in 1..=50 {
        step(&mut b, &noop);
        for (arena, length) in length.iter_mut().enumerate() {
            if *length == 0 && b.episode(arena) > 0 {
                *length = t;
            }
        }
    }
    assert!(length.iter().all(|t| *t >= 10));
    100.0 * mean(length.into_iter())
}

#[test]
fn episodes_last_as_long_as_published() {
    near("mp.length.p15", None, hundredth("0.15"));
    near("mp.length.p20", None, hundredth("0.2"));
    // The files themselves say it in full.
    for (id, from, p) in [
        ("coins", 300, 50_000),
        ("clean_up", 1000, 200_000),
        ("commons_harvest", 1000, 150_000),
        ("commons_harvest_closed", 1000, 150_000),
        ("commons_harvest_partnership", 1000, 150_000),
        ("externality_mushrooms", 1000, 200_000),
        ("territory_rooms", 1000, 200_000),
        ("territory_open", 1000, 200_000),
    ] {
        let scenario = scenario(id, &text(id));
        let time = worlds::compile(&scenario, &scenario.arms[0].name)
            .table
            .time;
        assert_eq!(
            (time.ticks, time.drawn_end),
            (5000, Some((from, 100, p))),
            "{id}"
        );
    }
    let text = text("allelopathic_harvest");
    let time = compile("allelopathic_harvest", &text, "mixed").table.time;
    assert_eq!((time.ticks, time.drawn_end), (2000, None));
}
