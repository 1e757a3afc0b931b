//! Small scenarios for one law each: what every file must say, around what the test is about.

/// The parts that a test chooses; TOML, without the table's own header where one is named.
#[derive(Clone, Copy, Debug)]
pub struct Small<'a> {
    /// `time.ticks`.
    pub ticks: u32,
    /// Inside `[layers]`.
    pub layers: &'a str,
    /// Whole `[roles.…]` tables.
    pub roles: &'a str,
    /// Rows of the one map.
    pub rows: &'a str,
    /// Inside `[legend]`.
    pub legend: &'a str,
    /// Inside `[mechanics]`.
    pub mechanics: &'a str,
    /// The one block of rules.
    pub rules: &'a str,
    /// Whole tables: vars, events, further channels, further bots.
    pub more: &'a str,
    /// The role of the control agents, where there are several roles; else empty.
    pub role: &'a str,
    /// What the control arm sets, for example `set.mechanics.move.every = 2`.
    pub control: &'a str,
}

impl Small<'_> {
    /// The file.
    pub fn text(&self) -> String {
        let Self {
            ticks,
            layers,
            roles,
            rows,
            legend,
            mechanics,
            rules,
            more,
            role,
            control,
        } = self;
        let role = if role.is_empty() {
            String::new()
        } else {
            format!("role = \"{role}\"\n")
        };
        format!(
            r#"format = 1
[question]
title = "A law"
asks = "Does it hold?"
hypothesis = "It does."
threat = "It does not."
rules_in = "A difference."
rules_out = "None."
demand = "none"
[time]
ticks = {ticks}
[layers]
{layers}
{roles}
[maps.one]
floor = "grass"
rows = '''
{rows}
'''
[legend]
{legend}
[mechanics]
{mechanics}
[rules]
all = '''
{rules}
'''
[rewards]
main = {{ seen = true }}
{more}
[arms.asked]
kind = "treatment"
says = "As it is."
[arms.not_asked]
kind = "control"
base = "asked"
says = "Otherwise."
{control}
[bots.mover]
kind = "positive"
{role}script = '''
-> wander()
'''
[bots.stayer]
kind = "negative"
{role}script = '''
-> stay()
'''
[bots.other_mover]
kind = "lookalike"
{role}script = '''
-> wander()
'''
[measures]
primary = {{ id = "rate", of = "focal", event = "moved", M = 0.1 }}
competence = {{ id = "A5", arm = "not_asked" }}
[exits.none]
says = "Nothing is asked for."
bot = "stayer"
arm = "asked"
pays_nothing = true
"#
        )
    }
}
