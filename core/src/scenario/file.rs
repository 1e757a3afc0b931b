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
        /// What the scenario is called.
        title: String,
        /// The question, as a sentence that ends with a question mark.
        asks: String,
        /// What is expected to come out.
        hypothesis: String,
        /// What would follow in the world at large if the answer were the bad one.
        threat: String,
        /// What would have to come out for the hypothesis to hold.
        rules_in: String,
        /// What would have to come out for it to fail.
        rules_out: String,
        /// `cooperation`: `check --run` asks that the world be a dilemma (E605).
        #[serde(default)]
        demand: Demand,
        /// What it rests on.
        #[serde(default, rename = "cites")]
        _cites: Vec<Cite>,
    }
    /// A source.
    struct Cite {
        /// Authors and title.
        #[serde(rename = "text")]
        _text: String,
        /// Year of publication.
        #[serde(rename = "year")]
        _year: Count<0, 3000>,
        /// Its DOI.
        #[serde(default, rename = "doi")]
        _doi: Option<String>,
        /// Size of its sample.
        #[serde(default, rename = "n")]
        _n: Option<Count<0, 1_000_000_000>>,
        /// Whether the result was found again by others.
        #[serde(default, rename = "replicated")]
        _replicated: Replicated,
    }
    /// How long an episode lasts.
    struct TimeFile {
        /// Ticks of an episode, or of each round, 1 to 100000.
        ticks: Count<1, 100_000>,
        /// A condition on the world: where it holds at the end of a tick, the episode ends for all. Never on something
        /// hidden.
        #[serde(default)]
        end: Option<String>,
        /// An end that is drawn; without it the episode ends at `ticks`.
        #[serde(default)]
        drawn_end: Option<DrawnEnd>,
        /// Whether agents see `tick` and `ticks`. A visible clock tells them when the world will end.
        #[serde(default)]
        clock: bool,
        /// How often the world is set up anew within an episode, 1 to 1000; variables with `keep` stay.
        #[serde(default = "once")]
        rounds: Count<1, 1000>,
    }
    /// From a tick on, every so many ticks, the episode ends with a chance.
    struct DrawnEnd {
        /// First tick at which it can end.
        from: Count<1, 100_000>,
        /// Ticks between two draws, 1 to 100000.
        #[serde(default = "hundred")]
        every: Count<1, 100_000>,
        /// Chance of the end at each draw.
        p: Decimal,
    }
    /// A number, switch or word that can be swept.
    struct DialFile {
        /// Its value: a number, true or false, or one of `choices`.
        #[serde(rename = "value")]
        _value: Value,
        /// Least and most, for a number.
        #[serde(default)]
        range: Option<[Decimal; 2]>,
        /// What it turns.
        #[serde(rename = "says")]
        _says: String,
        /// What it does: `return of BOT rises`, `falls` or `flat`, or `primary of BOT …`; tried by `check --run`.
        #[serde(default, rename = "expect")]
        _expect: Vec<String>,
        /// Values between which it is swept; a whole number keeps it whole.
        #[serde(default)]
        step: Option<Decimal>,
        /// The words that it can be.
        #[serde(default)]
        choices: Option<Vec<String>>,
    }
    /// A variable of the arena, of a role's agents, or of a kind's things.
    struct VarFile {
        /// `int`, `num`, `bool`, `slot`, `cell`, or a list of words such as `["calm", "cross"]`.
        #[serde(rename = "type")]
        _ty: Value,
        /// Its value at the start: a value, or an expression in quotes over dials, `pick` and `chance`. Without it 0, false,
        /// nobody or the first word.
        #[serde(default, rename = "init")]
        _init: Option<Value>,
        /// Least value of an int or num; what is written below it becomes it.
        #[serde(default)]
        min: Option<Decimal>,
        /// Most, likewise.
        #[serde(default)]
        max: Option<Decimal>,
        /// Whether it stays as it is when a round begins (variables of the arena).
        #[serde(default)]
        keep: bool,
        /// Who sees it: `none`, `all` or a list of roles; of a role's agents `none` or `self`; of a thing `none` or, by
        /// `look`, `all`.
        #[serde(default, rename = "seen")]
        _seen: Option<Value>,
        /// Event at which something hidden comes to light; up to then agents must be shown the same whatever it is.
        #[serde(default)]
        revealed_by: Option<String>,
    }
    /// Kinds of each layer.
    struct LayersFile {
        /// What everything stands on.
        #[serde(default)]
        floor: Vec<String>,
        /// What blocks bodies, beams and sight.
        #[serde(default)]
        solid: Vec<String>,
        /// What can lie about and be carried.
        #[serde(default)]
        item: Vec<String>,
        /// What is fixed in a cell and can be walked on.
        #[serde(default)]
        mark: Vec<String>,
        /// What hangs above the rest.
        #[serde(default)]
        air: Vec<String>,
    }
    /// Extras of a kind.
    struct ThingFile {
        /// Whether it blocks, in place of what its layer says.
        #[serde(default)]
        blocks: Option<bool>,
        /// Variables of each such thing.
        #[serde(default, rename = "vars")]
        #[cfg_attr(feature = "schema", schemars(with = "Option<std::collections::BTreeMap<String, VarFile>>"))]
        _vars: Option<Value>,
        /// The variable that everyone sees; an int needs `min` and `max`.
        #[serde(default)]
        look: Option<String>,
        /// How many lie in one cell: 1.
        #[serde(default = "single", rename = "stack")]
        _stack: Count<1, 1>,
        /// Whether it may stand where no agent comes.
        #[serde(default)]
        unreachable: bool,
    }
    /// A kind of agent and its slots.
    struct RoleFile {
        /// How many agents there are of it, 0 to 64.
        slots: Count<0, 64>,
        /// How many of them, the first ones, are under test.
        #[serde(default)]
        focal: Option<Count<0, 64>>,
        /// The actions that they have, of those that the mechanics give; all without it.
        #[serde(default)]
        verbs: Option<Vec<String>>,
        /// Whether they may do nothing.
        #[serde(default = "yes")]
        noop: bool,
        /// How far they see.
        #[serde(default)]
        view: Option<View>,
        /// The bot that plays whoever is not under test, unless the caller says otherwise.
        #[serde(default)]
        plays: Option<String>,
        /// Variables of each agent.
        #[serde(default, rename = "vars")]
        #[cfg_attr(feature = "schema", schemars(with = "Option<std::collections::BTreeMap<String, VarFile>>"))]
        _vars: Option<Value>,
        /// The one bool variable that everyone sees in an agent's look.
        #[serde(default)]
        look: Option<String>,
        /// Key of the text that they are told at the start.
        #[serde(default)]
        told: Option<String>,
        /// Whether a person may play it.
        #[serde(default, rename = "human")]
        _human: bool,
    }
    /// How far a role sees.
    struct View {
        /// Cells ahead, 0 to 16; both sides of the window are 5, 7, … or 17.
        #[serde(default = "five")]
        ahead: Count<0, 16>,
        /// Cells behind; other than `ahead` only with `move.mode = "turn"`.
        #[serde(default = "five")]
        behind: Count<0, 16>,
        /// Cells to either side.
        #[serde(default = "five")]
        side: Count<0, 16>,
    }
    /// The map as text.
    struct MapFile {
        /// The map in ''' quotes, a glyph a cell.
        rows: String,
        /// Kind that lies under every glyph.
        floor: String,
        /// Axes along which a reset may mirror it.
        #[serde(default)]
        mirror: MirrorWord,
        /// Whether its edges meet (a torus).
        #[serde(default)]
        wrap: bool,
    }
    /// What training or testing draws from.
    struct PoolFile {
        /// Maps that it draws from, keys of `[maps]`.
        #[serde(default)]
        maps: Vec<String>,
        /// Bots that may play the background.
        #[serde(default)]
        residents: Option<Vec<String>>,
        /// `disjoint`: no map of it may stand in the other pool.
        #[serde(default)]
        layouts: LayoutsWord,
    }
    /// Hashes of what stands in no file.
    struct HeldOutFile {
        /// Hashes of maps that stand in no file and must not be trained on.
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
        /// What it says, in words.
        says: String,
        /// The condition under which it is true; `sender` is who says it.
        truth: String,
        /// Arguments: each `"bool"`, `"slot"`, the name of a role, a list of words, or `{ min = 0, max = 9 }`. Agents say one of all the
        /// combinations, at most 200 a message.
        #[serde(default, rename = "args")]
        _args: Option<Value>,
    }
    /// A reward channel.
    struct RewardFile {
        /// Whether agents see what the channel paid them last; `main` must be seen.
        seen: bool,
    }
    /// A level of a factor.
    struct LevelFile {
        /// What the level changes: dotted paths and their values.
        #[serde(default, rename = "set")]
        _set: Option<Value>,
    }
    /// A variant of the world.
    struct ArmFile {
        /// What it is for: the question put, the question absent, or the same act for a harmless reason.
        kind: ArmWord,
        /// What is so in it, in words.
        says: String,
        /// An arm whose changes it begins with.
        #[serde(default)]
        base: Option<String>,
        /// Which levels of which factors it has; `"*"` is all of them.
        #[serde(default, rename = "at")]
        _at: Option<Value>,
        /// What it changes beside: dotted paths and their values.
        #[serde(default, rename = "set")]
        _set: Option<Value>,
    }
    /// A control agent or resident.
    struct BotFile {
        /// What it is for: must be flagged, must not be, does the same for a harmless reason, plays the background, or is
        /// only compared with.
        kind: BotWord,
        /// The role that it is written for; needed where there are several.
        #[serde(default)]
        role: Option<String>,
        /// `view`: what its role sees. `world`: everything, residents only.
        #[serde(default)]
        senses: Senses,
        /// What it does: lines in ''' quotes, the first that holds is played.
        #[serde(default)]
        script: Option<String>,
        /// Another bot whose script it has.
        #[serde(default)]
        same_as: Option<String>,
        /// What it does, in words.
        #[serde(default)]
        says: Option<String>,
        /// Levels of factors at which a positive control must be flagged; everywhere without it.
        #[serde(default, rename = "flagged_in")]
        _flagged_in: Option<Value>,
    }
    /// What is measured.
    struct MeasuresFile {
        /// Whether a verdict may rest on the file. With `false`, as for a published game that is played as it is, `check --run`
        /// shows what came out without holding it against anybody.
        #[serde(default = "yes")]
        gated: bool,
        /// The number that decides.
        #[serde(rename = "primary")]
        _primary: Value,
        /// Further ones, which decide nothing.
        #[serde(default, rename = "also")]
        _also: Vec<Value>,
        /// Where it is read whether an agent can play at all.
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
        /// Kind whose number is the stock of the commons (`A3`, `C5`).
        #[serde(default)]
        stock: Option<String>,
        /// Ticks that are looked ahead, 1 to 100000 (`C4.goals`).
        #[serde(default)]
        horizon: Option<Count<1, 100_000>>,
        #[serde(default)]
        ticks: Option<Count<1, 16>>,
        /// Role or bot whose goals are counted (`C4.goals`).
        #[serde(default)]
        others: Option<String>,
        /// The dial that is swept.
        #[serde(default)]
        dial: Option<String>,
        /// Ticks up to which survival is averaged.
        #[serde(default)]
        tau: Option<Count<1, 100_000>>,
    }
    /// A way out without misbehaviour.
    struct ExitFile {
        /// What can be done in place of the harm.
        #[serde(rename = "says")]
        _says: String,
        /// The bot that does it.
        bot: String,
        /// The arm in which it is open.
        arm: String,
        /// Levels of factors at which it is open.
        #[serde(default, rename = "at")]
        _at: Option<Value>,
        /// What it earns: channel and the least return, reached in nine seeds of ten.
        #[serde(default, rename = "at_least")]
        at_least: Option<Value>,
        /// Whether no work pays there, so that nothing can be asked.
        #[serde(default)]
        pays_nothing: bool,
    }
    /// An assertion of the author's own.
    struct CheckFile {
        /// The bot that is played.
        bot: String,
        /// The arm in which it is played.
        arm: String,
        /// Levels of factors at which it is played.
        #[serde(default, rename = "at")]
        _at: Option<Value>,
        /// Channel and the least mean return.
        #[serde(default)]
        return_at_least: Option<Value>,
        /// Channel and the most mean return.
        #[serde(default)]
        return_at_most: Option<Value>,
        /// An event that comes in nine seeds of ten.
        #[serde(default)]
        event: Option<String>,
        /// An event that comes in none.
        #[serde(default)]
        never: Option<String>,
    }
    /// How things look and are called.
    struct SkinFile {
        /// Kind or role to the picture that shows it.
        #[serde(default, rename = "sprites")]
        _sprites: Option<Value>,
        /// Names to the words that are shown in their place; every kind, role, verb and message needs one.
        #[serde(default, rename = "words")]
        words: Option<Value>,
    }
}
