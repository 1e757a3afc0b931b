//! What searches cost: the empowerment of every agent at every tick of an episode, and goals of the others in a scenario.
//!
//! `cargo run --release -p commonweal-tests --example search_cost -- [SCENARIO] [N] [TICKS]`
#![expect(clippy::print_stdout, reason = "a command of developers")]
#![expect(clippy::cast_precision_loss, reason = "numbers for people")]

use std::process::ExitCode;
use std::time::Instant;

use commonweal_core::batch::threads::Pool;
use commonweal_core::batch::{Autoreset, Batch, Config, Control};
use commonweal_core::ids::Slot;
use commonweal_core::search::{GoalSearch, NODES, Question, Reach, Search};
use commonweal_tests::worlds;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let id = args.next().unwrap_or_else(|| "orchard".to_owned());
    let number = |text: Option<String>, or: u32| text.and_then(|t| t.parse().ok()).unwrap_or(or);
    let (n, ticks) = (number(args.next(), 4), number(args.next(), 200));
    let Some(shipped) = commonweal_scenarios::named(&id) else {
        return ExitCode::from(2);
    };
    let scenario = worlds::read(shipped.id, shipped.text);
    let compiled = worlds::compile(&scenario, &worlds::cells(&scenario)[0]);
    let config = Config {
        control: Control::None,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    let mut batch = Batch::new(std::slice::from_ref(&compiled), config).expect("a batch");
    let pool = Pool::new(2).expect("two threads");
    let (g, slots) = (compiled.table.geometry, compiled.table.n_slots());
    let slots = (0..u8::try_from(slots).expect("at most 64")).map(Slot::new);
    let questions: Vec<Question> = slots.clone().map(|slot| Question::of(slot, n)).collect();
    let mut search = Search::new(&compiled).expect("a search");
    let begun = Instant::now();
    let rows = search
        .episode(&mut batch, &questions, ticks, &pool)
        .expect("an episode");
    let took = begun.elapsed();
    let all = || rows.iter().flatten();
    let forks: u64 = all().map(|r| u64::from(r.forks)).sum();
    let cut = all().filter(|r| r.truncated).count();
    let mean = all().map(Reach::bits).sum::<f64>() / all().count().max(1) as f64;
    println!(
        "{id} {}x{}: {} ticks, {} agents, n = {n}: {:.2} s, {forks} forks, {:.1} us a fork, {cut} cut, mean {mean:.3} bits",
        g.height,
        g.width,
        rows.len(),
        questions.len(),
        took.as_secs_f64(),
        took.as_secs_f64() * 1e6 / forks.max(1) as f64,
    );
    if let Ok(mut goals) = GoalSearch::new(&compiled) {
        let config = Config {
            control: Control::None,
            autoreset: Autoreset::Disabled,
            ..Config::default()
        };
        let mut batch = Batch::new(std::slice::from_ref(&compiled), config).expect("a batch");
        println!("goals, clock {:?}:", goals.clock());
        for tick in 0..ticks {
            if tick % 40 == 0 {
                for slot in slots.clone().skip(1) {
                    let begun = Instant::now();
                    let found = goals
                        .reach(&mut batch, 0, slot, 40, NODES, &pool)
                        .expect("a search");
                    println!(
                        "tick {tick} slot {}: {:?}, {} nodes, cut {}, {:.2} s",
                        slot.get(),
                        found.reached,
                        found.nodes,
                        found.truncated,
                        begun.elapsed().as_secs_f64()
                    );
                }
            }
            batch.step(&[], &mut [], &pool).expect("a step");
        }
    }
    ExitCode::SUCCESS
}
