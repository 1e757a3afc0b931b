//! What an episode's last tick was can be read in every mode of resetting.

use commonweal_core::batch::{Autoreset, Batch, Config, Serial};
use commonweal_tests::rows::{Buffers, each_arena_its_own, step};
use commonweal_tests::worlds;

#[test]
fn events_and_rewards_of_the_last_tick_outlive_a_reset_in_the_same_step() {
    for scenario in worlds::shipped() {
        for arm in &scenario.arms {
            let compiled = worlds::compile(&scenario, &arm.cell_name(0));
            let [mut ended, mut replaced] =
                [Autoreset::Disabled, Autoreset::SameStep].map(|autoreset| {
                    let config = Config {
                        arenas: 2,
                        seed: 3,
                        events: true,
                        autoreset,
                        ..Config::default()
                    };
                    Batch::new(std::slice::from_ref(&compiled), config).expect("a batch")
                });
            let mut buffers = [Buffers::of(&ended), Buffers::of(&replaced)];
            let mut seen = 0;
            loop {
                let tick = u64::from(ended.tick(0));
                let actions = each_arena_its_own(&ended, 1, tick, 0);
                step(&mut ended, &actions, &mut buffers[0], &Serial).expect("a step");
                step(&mut replaced, &actions, &mut buffers[1], &Serial).expect("a step");
                for arena in 0..2 {
                    seen += ended.events(arena).len();
                    assert_eq!(ended.events(arena), replaced.events(arena), "tick {tick}");
                    assert_eq!(ended.pay(arena), replaced.pay(arena), "tick {tick}");
                }
                if (0..2).any(|k| ended.end(k) != commonweal_core::state::End::Running) {
                    break;
                }
            }
            assert!(seen > 0, "{}: something happened", scenario.id);
            assert_eq!(replaced.episode(0).max(replaced.episode(1)), 1);
        }
    }
}
