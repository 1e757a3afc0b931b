//! Everything that decides the future is a column of the one registry.

use commonweal_core::batch::{Batch, Config};
use commonweal_tests::worlds;

#[test]
fn every_component_of_the_agents_is_registered() {
    for scenario in worlds::shipped() {
        for compiled in worlds::compile_all(&scenario).into_iter().take(2) {
            let who = format!("{} {}", compiled.id, compiled.arm);
            let batch = Batch::new(&[compiled], Config::default()).expect("a batch");
            assert_eq!(batch.unregistered(), [] as [String; 0], "{who}");
        }
    }
}

#[test]
fn columns_have_names_of_their_own_and_a_size() {
    for scenario in worlds::shipped() {
        let compiled = worlds::compile(&scenario, "treatment");
        let batch = Batch::new(&[compiled], Config::default()).expect("a batch");
        let columns = batch.columns();
        let mut names: Vec<&str> = columns.iter().map(|c| c.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(
            names.len(),
            all,
            "{}: two columns share a name",
            scenario.id
        );
        assert!(
            columns.iter().any(|c| c.canonical) && columns.iter().all(|c| c.bytes < 1 << 20),
            "{columns:?}"
        );
    }
}
