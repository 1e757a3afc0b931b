//! The tables of a scenario file as typed structs (SCENARIOS §3). Tables keyed by the author's own names are read entry by entry
//! in file order; here they stand as plain values.
//!
//! **Invariant.** Shape only: what the names mean is checked by `compile.rs` and `frame.rs`.

use serde::Deserialize;
use serde_json::Value;

use super::read::Count;
use crate::mechanics::Decimal;

/// Derives what every table of a file needs.
macro_rules! file {
    ($($(#[$meta:meta])* struct $name:ident { $($(#[$f:meta])* $field:ident: $ty:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name { $($(#[$f])* pub(crate) $field: $ty,)* }
    )*};
}
/// A word of a closed list.
macro_rules! word {
    ($($(#[$meta:meta])* enum $name:ident { $($(#[$v:meta])* $variant:ident,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "lowercase")]
        pub(crate) enum $name { $($(#[$v])* $variant,)* }
    )*};
}

word! {
    /// Whether a pool shares maps with the other.
    enum LayoutsWord { #[default] Shared, Disjoint, }
    /// What the question demands of its world.
    enum Demand { #[default] None, Cooperation, }
    /// Which axes a reset may mirror.
    enum MirrorWord { #[default] None, X, Y, Xy, }
    /// What an arm is for.
    enum ArmWord { #[default] Treatment, Control, Lookalike, }
    /// What a bot is for.
    enum BotWord { #[default] Positive, Negative, Lookalike, Resident, Baseline, }
    /// What a bot senses.
    enum Senses { #[default] View, World, }
    /// Whether a published result was found again.
    enum Replicated { Yes, No, #[default] Unknown, }
}

fn hundred() -> Count<1, 100_000> {
    Count(100)
}
fn once() -> Count<1, 1000> {
    Count(1)
}
fn five() -> Count<0, 16> {
    Count(5)
}
fn yes() -> bool {
    true
}
fn single() -> Count<1, 1> {
    Count(1)
}

file! {
    /// What is asked, and what would answer it.
    struct QuestionFile {
        title: String,
        asks: String,
        hypothesis: String,
        threat: String,
        rules_in: String,
        rules_out: String,
        #[serde(default)]
        demand: Demand,
        #[serde(default, rename = "cites")]
        _cites: Vec<Cite>,
    }
    /// A source.
    struct Cite {
        #[serde(rename = "text")]
        _text: String,
        #[serde(rename = "year")]
        _year: Count<0, 3000>,
        #[serde(default, rename = "doi")]
        _doi: Option<String>,
        #[serde(default, rename = "n")]
        _n: Option<Count<0, 1_000_000_000>>,
        #[serde(default, rename = "replicated")]
        _replicated: Replicated,
    }
    /// How long an episode lasts.
    struct TimeFile {
        ticks: Count<1, 100_000>,
        #[serde(default)]
        end: Option<String>,
        #[serde(default)]
        drawn_end: Option<DrawnEnd>,
        #[serde(default)]
        clock: bool,
        #[serde(default = "once")]
        rounds: Count<1, 1000>,
    }
    /// From a tick on, every so many ticks, the episode ends with a chance.
    struct DrawnEnd {
        from: Count<1, 100_000>,
        #[serde(default = "hundred")]
        every: Count<1, 100_000>,
        p: Decimal,
    }
    /// A number, switch or word that can be swept.
    struct DialFile {
        #[serde(rename = "value")]
        _value: Value,
        #[serde(default)]
        range: Option<[Decimal; 2]>,
        #[serde(rename = "says")]
        _says: String,
        #[serde(default, rename = "expect")]
        _expect: Vec<String>,
        #[serde(default)]
        step: Option<Decimal>,
        #[serde(default)]
        choices: Option<Vec<String>>,
    }
    /// A variable of the arena, of a role's agents, or of a kind's things.
    struct VarFile {
        #[serde(rename = "type")]
        _ty: Value,
        #[serde(default, rename = "init")]
        _init: Option<Value>,
        #[serde(default)]
        min: Option<Decimal>,
        #[serde(default)]
        max: Option<Decimal>,
        #[serde(default)]
        keep: bool,
        #[serde(default, rename = "seen")]
        _seen: Option<Value>,
        #[serde(default)]
        revealed_by: Option<String>,
    }
    /// Kinds of each layer.
    struct LayersFile {
        #[serde(default)]
        floor: Vec<String>,
        #[serde(default)]
        solid: Vec<String>,
        #[serde(default)]
        item: Vec<String>,
        #[serde(default)]
        mark: Vec<String>,
        #[serde(default)]
        air: Vec<String>,
    }
    /// Extras of a kind.
    struct ThingFile {
        #[serde(default)]
        blocks: Option<bool>,
        #[serde(default, rename = "vars")]
        #[cfg_attr(feature = "schema", schemars(with = "Option<std::collections::BTreeMap<String, VarFile>>"))]
        _vars: Option<Value>,
        #[serde(default)]
        look: Option<String>,
        #[serde(default = "single", rename = "stack")]
        _stack: Count<1, 1>,
        #[serde(default)]
        unreachable: bool,
    }
    /// A kind of agent and its slots.
    struct RoleFile {
        slots: Count<0, 64>,
        #[serde(default)]
        focal: Option<Count<0, 64>>,
        #[serde(default)]
        verbs: Option<Vec<String>>,
        #[serde(default = "yes")]
        noop: bool,
        #[serde(default)]
        view: Option<View>,
        #[serde(default)]
        plays: Option<String>,
        #[serde(default, rename = "vars")]
        #[cfg_attr(feature = "schema", schemars(with = "Option<std::collections::BTreeMap<String, VarFile>>"))]
        _vars: Option<Value>,
        #[serde(default)]
        look: Option<String>,
        #[serde(default)]
        told: Option<String>,
        #[serde(default, rename = "human")]
        _human: bool,
    }
    /// How far a role sees.
    struct View {
        #[serde(default = "five")]
        ahead: Count<0, 16>,
        #[serde(default = "five")]
        behind: Count<0, 16>,
        #[serde(default = "five")]
        side: Count<0, 16>,
    }
    /// The map as text.
    struct MapFile {
        rows: String,
        floor: String,
        #[serde(default)]
        mirror: MirrorWord,
        #[serde(default)]
        wrap: bool,
    }
    /// What training or testing draws from.
    struct PoolFile {
        #[serde(default)]
        maps: Vec<String>,
        #[serde(default)]
        residents: Option<Vec<String>>,
        #[serde(default)]
        layouts: LayoutsWord,
    }
    /// Hashes of what stands in no file.
    struct HeldOutFile {
        sha256: Vec<String>,
    }
    /// A named expression.
    struct DefFile {
        /// Names and types of what stands in its brackets, `{ c = "cell" }`; without it it is called as `name()`.
        #[serde(default, rename = "args")]
        _args: Option<Value>,
        /// The expression.
        is: String,
    }
    /// A message that can be said.
    struct MessageFile {
        says: String,
        truth: String,
        #[serde(default)]
        args: Option<Value>,
    }
    /// A reward channel.
    struct RewardFile {
        seen: bool,
    }
    /// A level of a factor.
    struct LevelFile {
        #[serde(default, rename = "set")]
        _set: Option<Value>,
    }
    /// A variant of the world.
    struct ArmFile {
        kind: ArmWord,
        says: String,
        #[serde(default)]
        base: Option<String>,
        #[serde(default, rename = "at")]
        _at: Option<Value>,
        #[serde(default, rename = "set")]
        _set: Option<Value>,
    }
    /// A control agent or resident.
    struct BotFile {
        kind: BotWord,
        #[serde(default)]
        role: Option<String>,
        #[serde(default)]
        senses: Senses,
        #[serde(default)]
        script: Option<String>,
        #[serde(default)]
        same_as: Option<String>,
        #[serde(default)]
        says: Option<String>,
        #[serde(default, rename = "flagged_in")]
        _flagged_in: Option<Value>,
    }
    /// What is measured.
    struct MeasuresFile {
        #[serde(rename = "primary")]
        _primary: Value,
        #[serde(default, rename = "also")]
        _also: Vec<Value>,
        #[serde(rename = "competence")]
        _competence: Value,
    }
    /// One measure and its parameters.
    struct MeasureFile {
        /// Which measure: `rate`, `A8.loss`, `B6`, … (`commonweal explain rate`). `competence` is `A5` in the control arm `arm`: the return of the seats under test, random play 0 and the negative control 1.
        id: String,
        /// Whose: `focal`, the seats under test, or a role.
        #[serde(default)]
        of: Option<String>,
        /// The event that counts (`rate`, `B6`).
        #[serde(default)]
        event: Option<String>,
        /// The event that shows that the agent was put before the question (`B6`).
        #[serde(default)]
        opportunity: Option<String>,
        /// The factor and the two levels that are compared (`B6`): `{ FACTOR = [THREAT, DECOY] }`.
        #[serde(default, rename = "threat")]
        _threat: Option<Value>,
        /// Levels of factors at which the act serves the task.
        #[serde(default, rename = "needed")]
        _needed: Option<Value>,
        /// Levels of factors at which it is measured.
        #[serde(default, rename = "at")]
        _at: Option<Value>,
        /// The well-behaved bot that the agent is compared with (`A8.loss`); a negative control agent.
        #[serde(default, rename = "ref")]
        reference: Option<String>,
        /// Least and most that the measured number can be in an episode; for `A8.loss` the summed return of all others.
        #[serde(default)]
        range: Option<[Decimal; 2]>,
        /// The smallest effect that matters; compulsory for the primary.
        #[serde(default, rename = "M")]
        m: Option<Decimal>,
        /// The arm in which it is measured.
        #[serde(default)]
        arm: Option<String>,
        #[serde(default)]
        stock: Option<String>,
        #[serde(default)]
        horizon: Option<Count<1, 100_000>>,
        #[serde(default)]
        others: Option<String>,
        #[serde(default)]
        dial: Option<String>,
        #[serde(default)]
        tau: Option<Count<1, 100_000>>,
    }
    /// A way out without misbehaviour.
    struct ExitFile {
        #[serde(rename = "says")]
        _says: String,
        bot: String,
        arm: String,
        #[serde(default, rename = "at")]
        _at: Option<Value>,
        #[serde(default, rename = "at_least")]
        at_least: Option<Value>,
        #[serde(default)]
        pays_nothing: bool,
    }
    /// An assertion of the author's own.
    struct CheckFile {
        bot: String,
        arm: String,
        #[serde(default, rename = "at")]
        _at: Option<Value>,
        #[serde(default)]
        return_at_least: Option<Value>,
        #[serde(default)]
        return_at_most: Option<Value>,
        #[serde(default)]
        event: Option<String>,
        #[serde(default)]
        never: Option<String>,
    }
    /// How things look and are called.
    struct SkinFile {
        #[serde(default, rename = "sprites")]
        _sprites: Option<Value>,
        #[serde(default, rename = "words")]
        words: Option<Value>,
    }
}
