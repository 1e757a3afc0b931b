//! Agents that play from outside the core: what they are asked, what they may answer, and what becomes of an answer that is none.
//!
//! **Invariant.** Whatever an agent does (hang, die, answer junk), an episode is played to its end and counted: where no answer can
//! be used, the declared fall-back action is played, and the decision is counted as a fall-back. Nothing here waits: a host that
//! talks to a process brings its own clock.

use crate::batch::{Batch, BatchError, Control, Out};
use crate::draw::mix;
use crate::ids::Slot;
use crate::observe::Encoding;

/// What an agent wants to be shown beside its own vector and the legal actions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Faces {
    /// The text observation.
    pub text: bool,
    /// The window as look codes, `u8[height, width, 2]`.
    pub grid: bool,
}

/// One decision that an agent is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ask {
    /// Which of the rows that are played beside each other: the same from the first tick of an episode to its last.
    pub row: usize,
    /// The text observation; empty unless wanted.
    pub text: String,
    /// The own vector.
    pub own: Vec<i32>,
    /// Look codes of the window, row by row; empty unless wanted.
    pub grid: Vec<u8>,
    /// Which actions are legal now, by number.
    pub legal: Vec<bool>,
}

/// What came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// An action by number.
    Action(u8),
    /// Nothing that can be used: the fall-back is played in this row until the end of its episode.
    Lost,
    /// No answer to this one: the fall-back is played, and the next decision is asked for again.
    Pass,
}

/// What stands in a log of answers where the fall-back was played; lists of actions end at 254.
pub const NO_ANSWER: u8 = 255;

/// What an agent is told of itself, once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seat {
    /// Name of its role.
    pub role: String,
    /// Names of its actions, by number; 0 is to do nothing.
    pub actions: Vec<String>,
    /// Names of the numbers in its own vector.
    pub own: Vec<String>,
    /// Height, width and depth of the grid.
    pub grid: Vec<usize>,
}

/// An agent outside the core. Every call returns, whatever the agent does.
pub trait Outside {
    /// What it is told of itself, before anything else; what it wants to be shown.
    fn meet(&mut self, seat: &Seat) -> Faces;
    /// An episode begins in a row. `seed` is for the agent's own draws: the same in every arm, and never the arena's.
    fn begin(&mut self, row: usize, seed_number: u64, seed: u64);
    /// One answer an ask, in the order of the asks. `out` comes in filled with [`Answer::Lost`].
    fn act(&mut self, asks: &[Ask], out: &mut [Answer]);
    /// The episode of a row is over.
    fn end(&mut self, row: usize);
}

/// The seed for an agent's own draws, made from an arena's so that it tells nothing of the world's.
pub fn agent_seed(arena_seed: u64) -> u64 {
    mix(mix(arena_seed ^ 0x6167_656e_7473_6565))
}

/// Joins an agent outside to the seats under test of a batch: asks, checks answers, keeps the fall-backs.
pub(super) struct Hands<'a> {
    agent: &'a mut dyn Outside,
    faces: Faces,
    fallback: u8,
    /// Slots under test, ascending; the rows of an arena.
    tested: Vec<Slot>,
    own: Vec<i32>,
    mask: Vec<i8>,
    n_own: usize,
    n_actions: usize,
    /// The actions of the next step, arena · tested + place.
    pub(super) actions: Vec<i32>,
    /// What was answered in the last tick, or [`NO_ANSWER`], by row.
    given: Vec<u8>,
    /// Rows on the fall-back until their episode ends.
    lost: Vec<bool>,
    asks: Vec<Ask>,
    answers: Vec<Answer>,
}

/// The seats of an agent outside, as a batch takes them.
pub(super) fn control(role: &str, first: u8, tested: &[Slot]) -> Control {
    let places = tested.iter().map(|slot| slot.get() - first).collect();
    Control::Roles(vec![(role.to_owned(), Some(places))])
}

impl<'a> Hands<'a> {
    pub(super) fn new(
        batch: &Batch,
        tested: &[Slot],
        fallback: u8,
        agent: &'a mut dyn Outside,
    ) -> Self {
        let group = batch
            .groups()
            .first()
            .expect("built with the seats under test as its one group");
        let table = &batch.compiled(0).table;
        let seat = Seat {
            role: group.name.clone(),
            actions: group.action_names.clone(),
            own: group.own_names.clone(),
            grid: Encoding::Codes.shape(&table.roles[group.role.index()]),
        };
        let faces = agent.meet(&seat);
        let rows = batch.arenas() * tested.len();
        Self {
            agent,
            faces,
            fallback,
            tested: tested.to_vec(),
            own: vec![0; rows * group.own_names.len()],
            mask: vec![0; rows * group.action_names.len()],
            n_own: group.own_names.len(),
            n_actions: group.action_names.len(),
            actions: vec![0; rows],
            given: vec![NO_ANSWER; rows],
            lost: vec![false; rows],
            asks: Vec::with_capacity(rows),
            answers: Vec::with_capacity(rows),
        }
    }
    fn rows(&self, arena: usize) -> std::ops::Range<usize> {
        let n = self.tested.len();
        arena * n..(arena + 1) * n
    }
    /// An episode begins in an arena.
    pub(super) fn begin(&mut self, arena: usize, seed_number: u64, arena_seed: u64) {
        for (row, place) in self.rows(arena).zip(0u64..) {
            self.lost[row] = false;
            self.agent
                .begin(row, seed_number, agent_seed(arena_seed ^ mix(place)));
        }
    }
    /// It is over.
    pub(super) fn end(&mut self, arena: usize) {
        for row in self.rows(arena) {
            self.agent.end(row);
        }
    }
    /// Fills the actions of the next step for the arenas that `running` names; how many decisions of each were fall-backs.
    pub(super) fn decide(
        &mut self,
        batch: &mut Batch,
        running: &[bool],
        fallbacks: &mut [u32],
    ) -> Result<(), BatchError> {
        batch.observe(&mut [Out {
            own: &mut self.own,
            mask: &mut self.mask,
            ..Out::default()
        }])?;
        self.asks.clear();
        self.given.fill(NO_ANSWER);
        for arena in (0..running.len()).filter(|&arena| running[arena]) {
            for (row, place) in self.rows(arena).zip(0..) {
                self.actions[row] = i32::from(self.fallback);
                if self.lost[row] {
                    continue;
                }
                let slot = self.tested[place];
                let legal = &self.mask[row * self.n_actions..(row + 1) * self.n_actions];
                self.asks.push(Ask {
                    row,
                    text: match self.faces.text {
                        true => batch.text(arena, slot),
                        false => String::new(),
                    },
                    own: self.own[row * self.n_own..(row + 1) * self.n_own].to_vec(),
                    grid: match self.faces.grid {
                        true => batch.view(arena, slot, Encoding::Codes),
                        false => Vec::new(),
                    },
                    legal: legal.iter().map(|legal| *legal != 0).collect(),
                });
            }
        }
        self.answers.clear();
        self.answers.resize(self.asks.len(), Answer::Lost);
        if !self.asks.is_empty() {
            self.agent.act(&self.asks, &mut self.answers);
        }
        for (ask, answer) in self.asks.iter().zip(&self.answers) {
            match *answer {
                Answer::Action(action) if ask.legal.get(usize::from(action)) == Some(&true) => {
                    self.actions[ask.row] = i32::from(action);
                    self.given[ask.row] = action;
                }
                // An action of the list that is shut now costs this decision only.
                Answer::Action(action) if usize::from(action) < self.n_actions => {}
                Answer::Pass => {}
                Answer::Action(_) | Answer::Lost => self.lost[ask.row] = true,
            }
        }
        for (row, given) in self.given.iter().enumerate() {
            let arena = row / self.tested.len();
            fallbacks[arena] += u32::from(*given == NO_ANSWER && running[arena]);
        }
        Ok(())
    }
    /// What was answered in an arena in the last tick.
    pub(super) fn given(&self, arena: usize) -> &[u8] {
        &self.given[self.rows(arena)]
    }
}

/// An agent that answers what a log says.
#[derive(Debug)]
pub struct Replayed<'a> {
    /// The seed number of the first episode.
    first: u64,
    /// Slots under test.
    tested: usize,
    /// Answers of each episode: tick after tick, slots ascending.
    log: &'a [Vec<u8>],
    /// Of each row: its episode, and its next answer.
    at: Vec<(usize, usize)>,
}

impl<'a> Replayed<'a> {
    /// The log of a job whose first seed has this number.
    pub fn new(first: u64, tested: usize, log: &'a [Vec<u8>]) -> Self {
        Self {
            first,
            tested,
            log,
            at: Vec::new(),
        }
    }
}

impl Outside for Replayed<'_> {
    fn meet(&mut self, _: &Seat) -> Faces {
        Faces::default()
    }
    fn begin(&mut self, row: usize, seed_number: u64, _: u64) {
        if self.at.len() <= row {
            self.at.resize(row + 1, (usize::MAX, 0));
        }
        let episode = usize::try_from(seed_number - self.first).unwrap_or(usize::MAX);
        self.at[row] = (episode, row % self.tested);
    }
    fn act(&mut self, asks: &[Ask], out: &mut [Answer]) {
        for (ask, out) in asks.iter().zip(out) {
            let (episode, next) = &mut self.at[ask.row];
            let given = self.log.get(*episode).and_then(|log| log.get(*next));
            *next += self.tested;
            *out = match given {
                Some(&action) if action != NO_ANSWER => Answer::Action(action),
                _ => Answer::Pass,
            };
        }
    }
    fn end(&mut self, _: usize) {}
}
