//! What an episode leaves behind for the measures, and how many *different* episodes a cell holds.
//!
//! The experiment runner fills one [`Episode`] per seed and cell; every measure is a function of
//! such rows. The unit of replication is the distinct layout ([`Distinct`]), never the seed: a
//! deterministic agent on one map gives one observation, however many seeds.
//!
//! **Invariant**: plain data; nothing here reads a world.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::stats;

/// Ticks at which an event came, of one actor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTicks(Vec<u32>);

impl EventTicks {
    /// Adds one event; ticks come in the order of the episode.
    pub fn note(&mut self, tick: u32) {
        debug_assert!(
            self.0.last().is_none_or(|last| *last <= tick),
            "events are noted in the order of the ticks"
        );
        self.0.push(tick);
    }

    /// How many events came; several in one tick count each.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The first tick, 0-based as the engine counts.
    pub fn first(&self) -> Option<u32> {
        self.0.first().copied()
    }

    /// Whether one came in `from..=to`.
    pub fn any_within(&self, from: u32, to: u32) -> bool {
        self.0.iter().any(|tick| (from..=to).contains(tick))
    }
}

/// One event name of one episode, by who caused it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTally {
    /// By acting slot.
    pub by_slot: Vec<EventTicks>,
    /// Events that no slot caused (the clock, a thing).
    pub unattributed: EventTicks,
}

impl EventTally {
    /// The first tick over all actors.
    pub fn first(&self) -> Option<u32> {
        self.by_slot
            .iter()
            .chain([&self.unattributed])
            .filter_map(EventTicks::first)
            .min()
    }

    /// The first tick at or after `from` over all actors.
    pub fn first_from(&self, from: u32) -> Option<u32> {
        self.by_slot
            .iter()
            .chain([&self.unattributed])
            .filter_map(|ticks| ticks.0.iter().copied().find(|tick| *tick >= from))
            .min()
    }

    /// Number of events over all actors.
    pub fn count(&self) -> usize {
        self.by_slot.iter().map(EventTicks::count).sum::<usize>() + self.unattributed.count()
    }
}

/// What one slot did and got in an episode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotTally {
    /// The slot is under test.
    pub focal: bool,
    /// Sum of the rewards of channel `main`, unshaped, in millionths. A dead slot keeps its row.
    pub reward_main_millionths: i64,
    /// Ticks with at least one harvest.
    pub harvest_ticks: u32,
    /// Sum of those ticks, counted from 1.
    pub harvest_tick_sum: u64,
    /// Ticks in which the slot was timed out (away or frozen).
    pub ticks_out: u32,
    /// Last tick noted by [`SlotTally::note_harvest`], 0-based.
    pub last_harvest_tick: Option<u32>,
}

impl SlotTally {
    /// Notes a harvest at `tick` (0-based). Several in one tick are one harvest tick.
    pub fn note_harvest(&mut self, tick: u32) {
        if self.last_harvest_tick == Some(tick) {
            return;
        }
        self.last_harvest_tick = Some(tick);
        self.harvest_ticks += 1;
        self.harvest_tick_sum += u64::from(tick) + 1;
    }

    /// Return of channel `main` in reward.
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact up to 2^53 millionths: nine thousand million points of reward"
    )]
    pub fn return_main(&self) -> f64 {
        self.reward_main_millionths as f64 / 1e6
    }
}

/// How the stock of a commons fared in an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockTally {
    /// Units at tick 0.
    pub start: u32,
    /// Units after the last tick.
    pub end: u32,
    /// Ticks after which the stock was at or above the harm line.
    pub ticks_at_or_above_line: u32,
    /// The first tick after which nothing was left (0-based), if that came.
    pub gone_at: Option<u32>,
}

/// One episode of one cell, as the experiment runner hands it over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    /// The number that pairs this episode with those of other cells. Once per cell.
    pub seed_number: u64,
    /// State hash at tick 0, without arm labels and seed numbers: the layout.
    pub tick0_hash: u64,
    /// [`action_hash`] of what the focal slots did.
    pub action_hash: u64,
    /// Ticks played.
    pub ticks: u32,
    /// One row per slot, absent and dead ones included.
    pub slots: Vec<SlotTally>,
    /// The events that some measure names; an event that did not come may be left out.
    pub events: BTreeMap<String, EventTally>,
    /// Whether the act of the primary was open to a focal slot at least once before the deadline
    /// (legal by mask, or within reach); `None` where the runner did not watch for it.
    pub act_was_open: Option<bool>,
    /// The stock of the commons, in scenarios that have one.
    pub stock: Option<StockTally>,
    /// Goals of others within reach at the sampled ticks, where they were searched for.
    pub goals: Option<super::c4_goals::GoalTally>,
    /// A bound was broken while it ran: the whole family is inconclusive, the row stays.
    pub fault: bool,
    /// An arithmetic limit was met while it ran: likewise.
    pub saturated: bool,
    /// Decisions that an agent outside the core was asked for; 0 for scripted ones.
    pub decisions: u32,
    /// How many of them the declared fall-back action stood in for.
    pub fallbacks: u32,
}

impl Episode {
    /// Notes an event of `name` by `actor` (`None`: nobody) at `tick`.
    pub fn note_event(&mut self, name: &str, actor: Option<usize>, tick: u32) {
        if !self.events.contains_key(name) {
            self.events.insert(name.to_owned(), EventTally::default());
        }
        let tally = self.events.get_mut(name).expect("inserted above if absent");
        match actor {
            None => tally.unattributed.note(tick),
            Some(slot) => {
                if tally.by_slot.len() <= slot {
                    tally.by_slot.resize_with(slot + 1, EventTicks::default);
                }
                tally.by_slot[slot].note(tick);
            }
        }
    }

    /// Returns of channel `main`, by slot.
    pub fn returns(&self) -> Vec<f64> {
        self.slots.iter().map(SlotTally::return_main).collect()
    }

    /// Whether a focal slot caused `event` at least once.
    pub fn focal_did(&self, event: &str) -> bool {
        self.focal_ticks(event).any(|ticks| ticks.count() > 0)
    }

    /// Whether a focal slot caused `event` in ticks `from..=to`.
    pub fn focal_did_within(&self, event: &str, from: u32, to: u32) -> bool {
        self.focal_ticks(event)
            .any(|ticks| ticks.any_within(from, to))
    }

    /// The first tick of `event`, whoever caused it.
    pub fn first(&self, event: &str) -> Option<u32> {
        self.events.get(event).and_then(EventTally::first)
    }

    /// The first tick of `event` at or after `from`, whoever caused it.
    pub fn first_from(&self, event: &str, from: u32) -> Option<u32> {
        self.events.get(event)?.first_from(from)
    }

    fn focal_ticks(&self, event: &str) -> impl Iterator<Item = &EventTicks> {
        self.events
            .get(event)
            .into_iter()
            .flat_map(|tally| tally.by_slot.iter())
            .zip(&self.slots)
            .filter(|(_, slot)| slot.focal)
            .map(|(ticks, _)| ticks)
    }

    /// The two hashes that make episodes distinct.
    fn key(&self) -> (u64, u64) {
        (self.tick0_hash, self.action_hash)
    }
}

/// Hash of an action string: the actions of the focal slots, tick after tick, in slot order.
pub fn action_hash(actions: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(actions)
}

/// One layout of a cell and the distinct episodes that began on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// State hash at tick 0.
    pub tick0_hash: u64,
    /// Indexes of the rows that count, one per action string, lowest seed first.
    pub rows: Vec<usize>,
}

/// How many different episodes a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct {
    /// Rows, whether equal or not.
    pub n: u32,
    /// Different (layout, action string) keys.
    pub n_distinct: u32,
    /// Different action strings over all layouts: one for 300 layouts hints that layouts do not
    /// matter to this agent.
    pub n_action_strings: u32,
    /// Layouts, by their lowest seed.
    pub clusters: Vec<Cluster>,
}

fn whole(n: usize) -> u32 {
    u32::try_from(n).expect("an experiment holds fewer than 2^32 rows")
}

impl Distinct {
    /// Counts the distinct episodes of a cell. Rows with equal keys are one observation, of which
    /// the lowest seed stays; rows with equal tick-0 states form a cluster. The order of `cell`
    /// does not matter.
    ///
    /// Source: MEASURES §0, "Unit of replication".
    pub fn of(cell: &[Episode]) -> Self {
        let mut order: Vec<usize> = (0..cell.len()).collect();
        order.sort_by_key(|row| (cell[*row].seed_number, cell[*row].key(), *row));
        let mut keys = std::collections::BTreeSet::new();
        let mut strings = std::collections::BTreeSet::new();
        let mut place: BTreeMap<u64, usize> = BTreeMap::new();
        let mut clusters: Vec<Cluster> = Vec::new();
        for row in order {
            let episode = &cell[row];
            strings.insert(episode.action_hash);
            if !keys.insert(episode.key()) {
                continue;
            }
            let at = *place.entry(episode.tick0_hash).or_insert(clusters.len());
            if at == clusters.len() {
                clusters.push(Cluster {
                    tick0_hash: episode.tick0_hash,
                    rows: Vec::new(),
                });
            }
            clusters[at].rows.push(row);
        }
        Self {
            n: whole(cell.len()),
            n_distinct: whole(keys.len()),
            n_action_strings: whole(strings.len()),
            clusters,
        }
    }

    /// Observations that every limit and plan uses: the number of layouts, which is
    /// [`Distinct::n_distinct`] where none repeats.
    pub fn n_eff(&self) -> u32 {
        whole(self.clusters.len())
    }

    /// The distinct rows, by layout, then by seed.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.clusters
            .iter()
            .flat_map(|cluster| cluster.rows.iter().copied())
    }

    /// The value of each layout, in the order of [`Distinct::clusters`]: the mean over its
    /// distinct episodes; `None` where `value` is undefined for all of them.
    pub fn layout_values(
        &self,
        cell: &[Episode],
        value: impl Fn(&Episode) -> Option<f64>,
    ) -> Vec<Option<f64>> {
        self.clusters
            .iter()
            .map(|cluster| {
                let defined: Vec<f64> = cluster
                    .rows
                    .iter()
                    .filter_map(|row| value(&cell[*row]))
                    .collect();
                stats::mean(&defined)
            })
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod examples {
    use super::*;

    /// An episode of one focal slot that does (or not) `act` after the opportunity `heard`.
    pub(crate) fn episode(seed: u64, layout: u64, actions: u64, acts: bool) -> Episode {
        let mut episode = Episode {
            seed_number: seed,
            tick0_hash: layout,
            action_hash: actions,
            ticks: 100,
            slots: vec![SlotTally {
                focal: true,
                ..SlotTally::default()
            }],
            act_was_open: Some(true),
            ..Episode::default()
        };
        episode.note_event("heard", Some(0), 10);
        if acts {
            episode.note_event("act", Some(0), 12);
        }
        episode
    }

    /// A cell of `n` seeds on layouts of their own, of which the first `acts` act.
    pub(crate) fn cell(n: u64, acts: u64) -> Vec<Episode> {
        (0..n).map(|s| episode(s, 1000 + s, s, s < acts)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::examples::episode;
    use super::*;

    #[test]
    fn three_hundred_seeds_of_eighteen_keys_are_eighteen_observations() {
        let cell: Vec<Episode> = (0..300).map(|s| episode(s, s % 18, 7, false)).collect();
        let distinct = Distinct::of(&cell);
        assert_eq!(
            (distinct.n, distinct.n_distinct, distinct.n_eff()),
            (300, 18, 18)
        );
        assert_eq!(distinct.n_action_strings, 1);
        assert_eq!(
            distinct.rows().collect::<Vec<_>>(),
            (0..18).collect::<Vec<_>>()
        );
    }

    #[test]
    fn action_strings_on_one_layout_are_averaged() {
        // Layout 5: strings 1 (acts) and 2 (does not), seed 3 repeats string 1. Layout 6: acts.
        let cell = [
            episode(0, 5, 1, true),
            episode(1, 5, 2, false),
            episode(2, 6, 1, true),
            episode(3, 5, 1, true),
        ];
        let distinct = Distinct::of(&cell);
        assert_eq!(
            (distinct.n, distinct.n_distinct, distinct.n_eff()),
            (4, 3, 2)
        );
        let values =
            distinct.layout_values(&cell, |e| Some(f64::from(u8::from(e.focal_did("act")))));
        assert_eq!(values, [Some(0.5), Some(1.0)]);
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_the_lowest_seed_stays() {
        let cell = [
            episode(9, 1, 1, false),
            episode(4, 2, 1, false),
            episode(2, 1, 1, false),
        ];
        let distinct = Distinct::of(&cell);
        assert_eq!(distinct.rows().collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn an_undefined_value_is_left_out_not_counted_as_zero() {
        let cell = [episode(0, 1, 1, false), episode(1, 2, 1, true)];
        let values =
            Distinct::of(&cell).layout_values(&cell, |e| e.focal_did("act").then_some(4.0));
        assert_eq!(values, [None, Some(4.0)]);
    }

    #[test]
    fn only_focal_slots_act_for_the_subject() {
        let mut two = Episode {
            slots: vec![
                SlotTally::default(),
                SlotTally {
                    focal: true,
                    ..SlotTally::default()
                },
            ],
            ..Episode::default()
        };
        two.note_event("act", Some(0), 3);
        two.note_event("act", None, 4);
        assert!(!two.focal_did("act"));
        assert_eq!(two.events["act"].count(), 2);
        two.note_event("act", Some(1), 5);
        assert!(two.focal_did("act") && two.focal_did_within("act", 5, 5));
        assert!(!two.focal_did_within("act", 0, 4));
        assert_eq!(two.first("act"), Some(3));
        assert_eq!(two.first("never"), None);
    }

    #[test]
    fn harvests_are_counted_by_tick_from_one() {
        let mut slot = SlotTally::default();
        for tick in [0, 1, 1, 4] {
            slot.note_harvest(tick);
        }
        assert_eq!((slot.harvest_ticks, slot.harvest_tick_sum), (3, 8));
    }
}

#[cfg(test)]
mod props {
    use super::examples::episode;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn dealing_rows_differently_changes_no_count(keys in prop::collection::vec((0u64..6, 0u64..4), 1..40), turn in 0usize..40) {
            let mut cell: Vec<Episode> = (0u64..)
                .zip(&keys)
                .map(|(seed, (layout, actions))| episode(seed, *layout, *actions, actions % 2 == 0))
                .collect();
            let value = |e: &Episode| Some(f64::from(u8::from(e.focal_did("act"))));
            let before = Distinct::of(&cell);
            let values = before.layout_values(&cell, value);
            let by = turn % cell.len();
            cell.rotate_left(by);
            let after = Distinct::of(&cell);
            prop_assert_eq!(after.n_distinct, before.n_distinct);
            prop_assert_eq!(after.layout_values(&cell, value), values);
            prop_assert!(before.n_eff() <= before.n_distinct && before.n_distinct <= before.n);
        }
    }
}
