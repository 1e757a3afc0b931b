//! A group of controlled slots, and the caller's buffers that its results are written into.

use crate::ids::{RoleId, Slot};

/// A controlled role: its slots and the shapes of its buffers. All rows of a group: arenas · slots.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// The role.
    pub role: RoleId,
    /// Its name.
    pub name: String,
    /// The controlled slots, ascending.
    pub slots: Vec<Slot>,
    /// Shape of one observation: `[H, W, 8]`, `[H, W, 2]`, `[h, w, 3]`; empty for text and none.
    pub obs_shape: Vec<usize>,
    /// Names of the own vector's numbers.
    pub own_names: Vec<String>,
    /// Factors that bring them to about 1.
    pub own_scale: Vec<f32>,
    /// Names of the actions; 0 is `noop`.
    pub action_names: Vec<String>,
}

impl Group {
    /// Bytes of one observation; 0 where nothing is written.
    pub fn obs_len(&self) -> usize {
        if self.obs_shape.is_empty() {
            0
        } else {
            self.obs_shape.iter().product()
        }
    }
}

/// Where one group's results are written: slices of exactly rows · size, or empty for what is not wanted.
#[derive(Debug, Default)]
pub struct Out<'a> {
    /// Observations.
    pub obs: &'a mut [u8],
    /// Own vectors.
    pub own: &'a mut [i32],
    /// Action masks, 1 = legal.
    pub mask: &'a mut [i8],
    /// Rewards of channel `main`.
    pub reward: &'a mut [f32],
    /// Dead without respawn, away for ever, `finish`, `time.end`.
    pub terminated: &'a mut [bool],
    /// Tick limit or a drawn end.
    pub truncated: &'a mut [bool],
    /// Alive.
    pub alive: &'a mut [bool],
    /// Switched on.
    pub on: &'a mut [bool],
    /// False on rows that are dead or were just reset.
    pub valid: &'a mut [bool],
    /// Illegal actions of the episode so far.
    pub illegal: &'a mut [u32],
    /// Observations of the ended episode, where one ended in this step (autoreset same step).
    pub final_obs: &'a mut [u8],
    /// Own vectors of the ended episode.
    pub final_own: &'a mut [i32],
}

impl Out<'_> {
    /// The first `rows` rows, and the rest.
    pub(crate) fn split(self, rows: usize, group: &Group) -> (Self, Self) {
        fn at<T>(all: &mut [T], n: usize) -> (&mut [T], &mut [T]) {
            if all.is_empty() {
                (&mut [], &mut [])
            } else {
                all.split_at_mut(n)
            }
        }
        let obs = rows * group.obs_len();
        let own = rows * group.own_names.len();
        let (o1, o2) = at(self.obs, obs);
        let (w1, w2) = at(self.own, own);
        let (m1, m2) = at(self.mask, rows * group.action_names.len());
        let (r1, r2) = at(self.reward, rows);
        let (t1, t2) = at(self.terminated, rows);
        let (u1, u2) = at(self.truncated, rows);
        let (a1, a2) = at(self.alive, rows);
        let (n1, n2) = at(self.on, rows);
        let (v1, v2) = at(self.valid, rows);
        let (i1, i2) = at(self.illegal, rows);
        let (f1, f2) = at(self.final_obs, obs);
        let (g1, g2) = at(self.final_own, own);
        (
            Self {
                obs: o1,
                own: w1,
                mask: m1,
                reward: r1,
                terminated: t1,
                truncated: u1,
                alive: a1,
                on: n1,
                valid: v1,
                illegal: i1,
                final_obs: f1,
                final_own: g1,
            },
            Self {
                obs: o2,
                own: w2,
                mask: m2,
                reward: r2,
                terminated: t2,
                truncated: u2,
                alive: a2,
                on: n2,
                valid: v2,
                illegal: i2,
                final_obs: f2,
                final_own: g2,
            },
        )
    }

    /// Whether every buffer has its size; else a sentence that names the first that has not.
    pub(crate) fn check(&self, rows: usize, group: &Group) -> Result<(), String> {
        let sizes = [
            ("obs", self.obs.len(), group.obs_len()),
            ("own", self.own.len(), group.own_names.len()),
            ("mask", self.mask.len(), group.action_names.len()),
            ("reward", self.reward.len(), 1),
            ("terminated", self.terminated.len(), 1),
            ("truncated", self.truncated.len(), 1),
            ("alive", self.alive.len(), 1),
            ("on", self.on.len(), 1),
            ("valid", self.valid.len(), 1),
            ("illegal", self.illegal.len(), 1),
            ("final_obs", self.final_obs.len(), group.obs_len()),
            ("final_own", self.final_own.len(), group.own_names.len()),
        ];
        match sizes
            .into_iter()
            .find(|(_, len, size)| *len != 0 && *len != rows * size)
        {
            Some((name, len, size)) => Err(format!(
                "buffer `{name}` of group `{}` has {len} places, it needs {rows} rows of {size}",
                group.name
            )),
            None => Ok(()),
        }
    }
}
