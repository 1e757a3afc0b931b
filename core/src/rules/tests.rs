use crate::ids::{ONE, Slot};
use crate::state::Type;
use crate::testing::yard::{World, YARD};

#[test]
fn an_eaten_apple_pays_and_the_last_one_is_told() {
    let mut world = World::new(YARD);
    let rules = world.rules(
        "on eaten(a, apple, _) do pay(a, main, 1)
         on eaten(a, apple, c) when count(apple, c, 2, l2) == 0 and tick < ticks - 20 do emit last_taken(a, c)",
    );
    let far = i64::from(world.cell(1, 1).get());
    let near = i64::from(world.cell(1, 8).get());
    world.emit("eaten", &[0, 3, near]);
    world.emit("eaten", &[1, 3, far]);
    world.emit("eaten", &[1, 4, far]);
    world.with(|arena| rules.answer(arena));
    assert_eq!(
        (world.paid(0), world.paid(1)),
        (ONE, ONE),
        "a crate pays nothing"
    );
    assert_eq!(world.happened(), ["eaten", "eaten", "eaten", "last_taken"]);
}

#[test]
fn an_act_emits_its_event_and_rules_answer_it_in_the_same_tick() {
    let mut world = World::new(YARD);
    let rules = world.rules(
        "on pressed(w, lever) when the(gate).open do shut(the(gate)); pay(w, main, -dial.cost); emit gate_shut(w)
         on pressed(w, lever) when not the(gate).open do open(the(gate))
         on gate_shut(w) do pay(w, truth, 1)
         on opened(_) do has_twin = true",
    );
    world.emit("pressed", &[0, 5]);
    world.with(|arena| rules.answer(arena));
    // The second rule for the same row comes after the first, so a gate that was shut is opened once.
    assert_eq!(world.happened(), ["pressed", "opened"]);
    assert_eq!(world.value("has_twin", Type::Bool), 1);
    world.at_tick(1, 0);
    world.emit("pressed", &[0, 5]);
    world.with(|arena| rules.answer(arena));
    assert_eq!(
        world.happened(),
        ["pressed", "closed", "gate_shut", "opened"],
        "file order within a row"
    );
    assert_eq!(world.paid(0), -ONE / 2);
}

#[test]
fn each_rules_run_at_their_ticks_and_start_rules_once() {
    let mut world = World::new(YARD);
    let rules = world.rules(
        "each worker w every 10 when w.plot == 0 do pay(w, main, 2); w.plot += 1
         each lever l do stock += 0.5
         each apple a do stock += 1
         start do leave = 20; boss = the(steward)",
    );
    world.with(|arena| rules.start(arena));
    assert_eq!(
        (
            world.value("leave", Type::Int),
            world.value("boss", Type::Slot)
        ),
        (20, 2)
    );
    world.with(|arena| rules.each(arena));
    assert_eq!(world.paid(0), 0, "tick 0 is no multiple");
    assert_eq!(world.value("stock", Type::Num), 3 * ONE + ONE / 2);
    world.at_tick(10, 0);
    world.with(|arena| rules.each(arena));
    assert_eq!(
        (world.paid(0), world.paid(1), world.paid(2)),
        (2 * ONE, 2 * ONE, 0)
    );
    world.at_tick(20, 0);
    world.with(|arena| rules.each(arena));
    assert_eq!(world.paid(0), 0, "plot is 1 now");
    assert_eq!(
        world.value("stock", Type::Num),
        5 * ONE,
        "a variable stops at its greatest value"
    );
}

#[test]
fn a_delayed_event_comes_later_and_filters_take_roles_kinds_and_beams() {
    let mut world = World::new(YARD);
    let rules = world.rules(
        "on pressed(worker, lever) do emit gate_shut(the(steward)) after dial.wait
         on hit(zap, a, b) when b.frozen == 0 do freeze(b, 5); pay(a, main, 1)
         on heard(w, _, coming, ok) when ok do pay(w, main, 7)
         on gate_shut(s) do tell(the(steward), coming); tell(s, to_lamp)",
    );
    world.emit("pressed", &[2, 5]);
    world.emit("hit", &[0, 0, 1]);
    world.emit("hit", &[0, 2, 1]);
    world.emit("heard", &[0, 2, 0, 1]);
    world.emit("heard", &[1, 2, 1, 1]);
    world.with(|arena| rules.answer(arena));
    let mut rules = rules;
    rules.set_truth(
        ["errand", "not errand"]
            .map(|t| world.expr(t, Type::Bool))
            .to_vec(),
    );
    assert_eq!(
        world.with(|arena| arena.head.n_later),
        0,
        "the steward is no worker"
    );
    assert_eq!(
        (world.paid(0), world.paid(2)),
        (8 * ONE, 0),
        "who is frozen is not frozen again"
    );
    world.emit("pressed", &[1, 5]);
    world.with(|arena| rules.answer(arena));
    world.at_tick(3, 0);
    world.with(|arena| {
        arena.emit_due();
    });
    assert_eq!(world.happened(), ["gate_shut"]);
    world.with(|arena| rules.answer(arena));
    assert_eq!(world.happened(), ["gate_shut", "heard", "heard"]);
    let truths = world.with(|arena| {
        arena.events()[1..]
            .iter()
            .map(|row| row.get(crate::event::Part::X))
            .collect::<Vec<_>>()
    });
    assert_eq!(truths, [0, 1], "what is told is as true as its message");
}

#[test]
fn what_is_missing_makes_comparisons_false_and_effects_nothing() {
    let mut world = World::new(YARD);
    let rules = world
        .rules("on eaten(a, _, _) do pay(boss, main, 1); move_to(a, boss.pos); pay(a, main, 1)");
    world.with(|arena| {
        let place = arena
            .table
            .vars
            .iter()
            .position(|v| v.name == "boss")
            .expect("declared");
        arena.vars[place] = -1;
    });
    for text in [
        "boss == s",
        "boss != s",
        "boss.plot == 0",
        "boss.plot < 5",
        "boss.alive",
        "not boss.alive",
        "near(boss, s, 99)",
    ] {
        assert_eq!(world.value(text, Type::Bool), 0, "{text}");
    }
    world.emit("eaten", &[0, 3, 0]);
    world.with(|arena| rules.answer(arena));
    assert_eq!(
        (world.paid(0), world.with(|arena| arena.head.refused)),
        (ONE, 2)
    );
}

#[test]
fn numbers_are_exact_saturate_and_are_counted() {
    let mut world = World::new(YARD);
    let value = |world: &mut World, text: &str, ty| world.value(text, ty);
    assert_eq!(value(&mut world, "7 / 2 + 7 mod 4", Type::Int), 6);
    assert_eq!(value(&mut world, "-7 / 2", Type::Int), -3, "toward zero");
    assert_eq!(
        value(&mut world, "-7 mod 4", Type::Int),
        1,
        "of the sign of the divisor"
    );
    assert_eq!(value(&mut world, "0.0025 * dial.cost", Type::Num), 1250);
    assert_eq!(value(&mut world, "1 / 3.0", Type::Num), 333_333);
    assert_eq!(value(&mut world, "25% * 4", Type::Num), ONE);
    assert_eq!(
        value(
            &mut world,
            "min(1, 2.5) + clamp(9, 0, 4) + abs(-2)",
            Type::Num
        ),
        7 * ONE
    );
    assert_eq!(
        value(
            &mut world,
            "if 1 < 2 and not false then 3 else 4.5",
            Type::Num
        ),
        3 * ONE
    );
    assert_eq!(world.with(|arena| arena.head.saturated), 0);
    assert_eq!(
        value(&mut world, "2147483647 + 1", Type::Int),
        i64::from(i32::MAX)
    );
    assert_eq!(
        value(&mut world, "2000000000.0 * 2000000000", Type::Num),
        i64::MAX
    );
    assert_eq!(value(&mut world, "1 / leave", Type::Int), 0);
    assert_eq!(world.with(|arena| arena.head.saturated), 3);
}

#[test]
fn the_world_is_read_by_place_kind_and_role() {
    let mut world = World::new(YARD);
    for (text, want) in [
        ("count(apple)", 3),
        ("count(apple where on(it, apple))", 3),
        ("count(worker)", 2),
        ("count(worker where it.plot == 0, the(lever), 1)", 1),
        ("dist(the(lever), the(key))", 9),
        ("s.key", 0),
        ("the(key).plot", 0),
        ("the(steward).facing", 0),
    ] {
        assert_eq!(world.value(text, Type::Int), want, "{text}");
    }
    for (text, want) in [
        ("on(the(lever), lever)", true),
        ("the(lever) in lever and s in worker", true),
        ("on(s, lever)", false),
        ("role(s) == worker", true),
        ("role(s) == steward", false),
        ("near(s, the(lever), 1)", true),
        ("has(s, crate)", false),
        ("mood == calm", true),
        ("mood == if tick < 3 then calm else cross", true),
        ("mood == cross or dial.mode == slow", false),
        ("dial.mode == fast", true),
        ("s == the(worker where it.pos == s.pos)", true),
        ("ripe(the(key), 1)", false),
        ("s.on and s.alive and not s.away", true),
    ] {
        assert_eq!(world.value(text, Type::Bool), i64::from(want), "{text}");
    }
    let near = i64::from(world.cell(1, 7).get());
    assert_eq!(
        world.value("(the(key where it.plot == 0)).pos", Type::Cell),
        i64::from(world.cell(4, 9).get())
    );
    let rules = world
        .rules("on eaten(_, _, c) when count(apple, c, 1, l1) == 3 do pay(the(steward), main, 1)");
    world.emit("eaten", &[0, 3, near]);
    world.with(|arena| rules.answer(arena));
    assert_eq!(world.paid(2), ONE);
}

#[test]
fn effects_do_what_they_say() {
    let mut world = World::new(YARD);
    let rules = world.rules(
        "on pressed(a, lever) do give(a, crate, 3); transfer(a, the(steward), crate, 2); take(a, crate, 9)
         on pressed(a, depot) do disable(a, the(steward)); send_away(the(steward), never)
         on eaten(a, _, c) do place(apple, c); place(wall, c); the(key).plot = 1; clear(key, the(key))
         on closed(_) do finish(\"over\")",
    );
    world.emit("pressed", &[0, 5]);
    world.emit("pressed", &[1, 6]);
    let free = i64::from(world.cell(2, 2).get());
    world.emit("eaten", &[0, 3, free]);
    world.with(|arena| rules.answer(arena));
    assert_eq!(
        world.happened(),
        ["pressed", "pressed", "eaten", "disabled", "away"]
    );
    assert!(!world.is_on_map(2));
    assert_eq!(
        world.with(|arena| (arena.agents.carried[0].0[0], arena.agents.carried[2].0[0])),
        (0, 2)
    );
    assert_eq!(world.value("count(apple)", Type::Int), 4);
    assert_eq!(world.value("count(key)", Type::Int), 0);
    assert_eq!(world.value("the(key).plot", Type::Int), 1);
    let over = world.with(|arena| arena.head.end);
    assert_eq!(over, crate::state::End::Running);
    world.emit("closed", &[0]);
    world.with(|arena| rules.answer(arena));
    assert_eq!(
        world.with(|arena| arena.head.end),
        crate::state::End::Terminated
    );
}

#[test]
fn draws_go_by_name_subject_and_occurrence_not_by_place() {
    let mut world = World::new(YARD);
    let named = |label: &str, before: &str| {
        format!("{before}{label}: on pressed(a, lever) when chance(50%) do pay(a, main, 1)")
    };
    let run = |world: &mut World, text: &str, seed: u64, slots: &[i64]| {
        let rules = world.rules(text);
        world.at_tick(5, seed);
        for s in slots {
            world.emit("pressed", &[*s, 5]);
        }
        world.with(|arena| rules.answer(arena));
        (world.paid(0), world.paid(1))
    };
    let runs = |world: &mut World, text: &str, slots: &[i64]| {
        (0..64)
            .map(|seed| run(world, text, seed, slots))
            .collect::<Vec<_>>()
    };
    let alone = runs(&mut world, &named("luck", ""), &[0]);
    let both = runs(
        &mut world,
        &named("luck", "on eaten(_, _, _) do stock = 1\n"),
        &[1, 0],
    );
    assert!(
        alone.iter().zip(&both).all(|(a, b)| a.0 == b.0),
        "another rule and another subject change nothing"
    );
    assert_ne!(
        alone,
        runs(&mut world, &named("fate", ""), &[0]),
        "another name draws anew"
    );
    let ones = alone.iter().filter(|p| p.0 == ONE).count();
    assert!((20..45).contains(&ones), "{ones} of 64");
    let twice = runs(&mut world, &named("luck", ""), &[0, 0]);
    assert!(
        twice.iter().any(|p| p.0 == ONE) && twice.iter().any(|p| p.0 == 2 * ONE),
        "the second start has its own draw"
    );
    let pick = world.expr("20 + pick(21)", Type::Int);
    let drawn: Vec<i64> = (0..200)
        .map(|seed| {
            world.at_tick(0, seed);
            world.with(|arena| pick.value(arena, &[]))
        })
        .collect();
    assert!(
        drawn.iter().all(|v| (20..=40).contains(v)) && drawn.contains(&20) && drawn.contains(&40)
    );
}

#[test]
fn a_row_of_slots_answers_in_event_order() {
    let mut world = World::new(YARD);
    let rules = world.rules("on pressed(a, lever) when stock == 0 do stock = 1; pay(a, main, 1)");
    world.emit("pressed", &[1, 5]);
    world.emit("pressed", &[0, 5]);
    world.with(|arena| rules.answer(arena));
    assert_eq!((world.paid(0), world.paid(1)), (0, ONE));
    assert!(rules.listens(1) && !rules.listens(0) && !rules.has_each());
    assert_eq!(
        world.with(|arena| arena.table.role_of(Slot::new(2)).get()),
        1
    );
}
