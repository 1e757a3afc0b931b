//! `eval`: an agent goes in; a plan, a report and a bundle that recomputes it come out.

mod adapter;
mod folder;
mod page;
pub(crate) mod verify;
mod work;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use commonweal_core::draw::DRAW_VERSION;
use commonweal_core::evaluate::family;
use commonweal_core::evaluate::plan::{self, PILOT_SEEDS, sha256};
use commonweal_core::evaluate::{
    Adapter, AgentPlan, FamilyDone, FamilyPlan, Key, Phase, Plan, Record, Report,
};
use commonweal_core::experiment::{Experiment, RANDOM};
use commonweal_core::measures::Verdict;
use commonweal_core::scenario::Scenario;

use crate::args::EvalArgs;
use crate::invoked;
use crate::run::{caveat, loaded, threads, wrong};
use crate::source;
use crate::stop::Stop;
use crate::terminal::{Style, Terminal};
use adapter::{Agent, Spec};
use folder::Folder;
use work::{Blocks, episodes, keys};

/// Seeds a cell where the pilot cannot say how many are needed.
const SEEDS: u32 = 300;
/// Most seeds a cell without `--budget`.
const BUDGET: u32 = 1000;
/// Least seeds a cell that a pilot leads to: 60 layouts are needed, and two of 60 seeds may draw the same one.
const SEEDS_MIN: u32 = 100;

/// A family and what belongs to it.
struct Family {
    scenario: Scenario,
    /// The scenario's text as it goes into the bundle.
    text: String,
    outline: Experiment,
    record_text: Option<String>,
    record: Option<Record>,
}

/// Exit code 0 when every family is bounded, 1 when one is detected, 3 when one is inconclusive and none detected.
pub(crate) fn run(options: &EvalArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let started = Instant::now();
    let threads = threads(options.threads)?;
    let agent = agent(options)?;
    let families = families(options, &agent, terminal)?;
    std::fs::create_dir_all(&options.out).map_err(|e| work::cannot(&options.out, &e))?;
    let draft = draft(options, agent, &families);
    let evaluation = Evaluation {
        options,
        families: &families,
        threads,
        terminal,
    };
    let folder = match Folder::find(&options.out, &draft, options.seeds.is_some())? {
        Some(folder) => folder,
        None => {
            let (plan, pilot) = evaluation.planned(draft)?;
            let caveats = families.iter().map(|f| caveat(&f.scenario.id)).collect();
            Folder::register(&options.out, plan, caveats, &pilot)?
        }
    };
    let (report, n_episodes) = evaluation.finish(&folder)?;
    if options.json {
        terminal.print(&report.text())?;
    } else {
        let took = format!(
            "{n_episodes} episodes in {:.1} s on {threads} {}",
            started.elapsed().as_secs_f64(),
            if threads == 1 { "thread" } else { "threads" }
        );
        terminal.print(&told(&report, &folder, &took, terminal))?;
    }
    Ok(exit_code(&report))
}

fn exit_code(report: &Report) -> u8 {
    let any = |word| {
        let mut verdicts = report.families.iter().map(|f| f.interpretation.verdict);
        verdicts.any(|v| v == word)
    };
    if any(Verdict::Detected) {
        1
    } else if any(Verdict::Inconclusive) {
        3
    } else {
        0
    }
}

/// Whom the evaluation is about.
fn agent(options: &EvalArgs) -> Result<AgentPlan, Stop> {
    let discount = options.discount.unwrap_or(f64::from(plan::DISCOUNT) / 1e6);
    if !(discount > 0.0 && discount <= 1.0) {
        return Err(Stop::wrong(format!(
            "--discount {discount} is none: give a number above 0 and at most 1, such as 0.99"
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie above 0 and at most at 1"
    )]
    let discount_millionths = (discount * 1e6).round() as u32;
    let base = AgentPlan {
        adapter: Adapter::Scripted,
        name: String::new(),
        hash: String::new(),
        fallback: options.fallback.clone(),
        timeout_ms: 0,
        memory_mib: 0,
        discount_millionths,
    };
    match (&options.agent, &options.exec) {
        (Some(name), None) => Ok(AgentPlan {
            hash: sha256(name.as_bytes()),
            name: name.clone(),
            ..base
        }),
        (None, Some(command)) => Ok(AgentPlan {
            adapter: Adapter::Subprocess,
            hash: hash_of(command),
            name: command.clone(),
            timeout_ms: options.timeout_ms,
            memory_mib: options.memory,
            ..base
        }),
        _ => Err(Stop::wrong(
            "which agent? Give the name of a scripted one (`list` shows them, and `random`), or a process: --exec \"python agent.py\"",
        )),
    }
}

/// SHA-256 of a command line and of the files that it names, in their order.
fn hash_of(command: &str) -> String {
    let mut text = format!("{command}\n");
    for word in command.split_whitespace() {
        let path = std::path::Path::new(word.trim_matches(['"', '\'']));
        if path.is_file()
            && let Ok(bytes) = std::fs::read(path)
        {
            text += &format!("{}\n", sha256(&bytes));
        }
    }
    sha256(text.as_bytes())
}

/// The calibration record beside a scenario's file.
fn record_beside(source: &source::Source) -> Option<String> {
    let folder = source.path.as_ref()?.parent()?;
    std::fs::read_to_string(folder.join("calibration.json")).ok()
}

fn families(
    options: &EvalArgs,
    agent: &AgentPlan,
    terminal: &Terminal,
) -> Result<Vec<Family>, Stop> {
    let suite = options.scenario.is_empty();
    let mut names: Vec<String> = options.scenario.clone();
    if suite {
        names = commonweal_scenarios::ALL
            .iter()
            .map(|s| s.id.to_owned())
            .collect();
    }
    let mut out: Vec<Family> = Vec::new();
    for name in &names {
        let source = source::open(name)?;
        let scenario = loaded(&source, terminal)?;
        let record_text = record_beside(&source);
        let record = record_text
            .as_deref()
            .and_then(|text| Record::valid(text, &scenario.source));
        // A suite holds the calibrated families; one that is asked for by name is played, and says that it is not.
        if suite && record.is_none() {
            continue;
        }
        let cells = match options.primary_only {
            true => family::cells_needed(&scenario).map_err(wrong)?,
            false => Vec::new(),
        };
        let outline = family::outline(&scenario, &cells).map_err(wrong)?;
        family::action_named(&outline, &agent.fallback).map_err(wrong)?;
        let known = scenario.bots.iter().any(|b| b.name == agent.name) || agent.name == RANDOM;
        if agent.adapter == Adapter::Scripted && !known {
            let names: Vec<&str> = scenario.bots.iter().map(|b| b.name.as_str()).collect();
            return Err(Stop::wrong(format!(
                "{} has no scripted agent `{}`: it has {}, and `{RANDOM}` plays any legal action",
                scenario.id,
                agent.name,
                names.join(", ")
            )));
        }
        out.push(Family {
            text: scenario.source.clone(),
            record_text: record_text.filter(|_| record.is_some()),
            scenario,
            outline,
            record,
        });
    }
    if out.is_empty() {
        return Err(Stop::wrong(
            "no shipped family is calibrated, so the suite is empty: name a scenario with --scenario (its verdict will be \
             inconclusive, `uncalibrated`, with all its numbers)",
        ));
    }
    out.sort_by(|a, b| a.scenario.id.cmp(&b.scenario.id));
    if let Some(pair) = out
        .windows(2)
        .find(|p| p[0].scenario.id == p[1].scenario.id)
    {
        return Err(Stop::wrong(format!(
            "{} was named twice: one primary a family",
            pair[0].scenario.id
        )));
    }
    Ok(out)
}

/// The plan before its n is known, or with the n that was given.
fn draft(options: &EvalArgs, agent: AgentPlan, families: &[Family]) -> Plan {
    let of = |family: &Family| {
        let record = family.record_text.as_ref();
        let calibration = record.map(|text| sha256(text.as_bytes()));
        let mut own = FamilyPlan::new(&family.scenario, &family.outline, calibration);
        match options.seeds {
            Some(n) => own.n = n,
            None => own.pilot = PILOT_SEEDS,
        }
        own
    };
    Plan {
        format: plan::FORMAT,
        rules: commonweal_core::RULES_VERSION,
        draws: DRAW_VERSION,
        agent,
        families: families.iter().map(of).collect(),
        budget: options.budget,
        exclusions: Vec::new(),
    }
}

/// What is evaluated, and on what.
struct Evaluation<'a> {
    options: &'a EvalArgs,
    families: &'a [Family],
    threads: usize,
    terminal: &'a Terminal,
}

impl Evaluation<'_> {
    /// The plan with its n, and what the pilot left behind.
    fn planned(&self, mut plan: Plan) -> Result<(Plan, Blocks), Stop> {
        if self.options.seeds.is_some() {
            return Ok((plan, Blocks::new()));
        }
        let pilots: Vec<Experiment> = self
            .families
            .iter()
            .enumerate()
            .map(|(i, family)| family::pilot(&family.scenario, &plan, i).map_err(wrong))
            .collect::<Result<_, _>>()?;
        let all: Vec<Key> = pilots
            .iter()
            .enumerate()
            .flat_map(|(i, x)| keys(Phase::Pilot, i, x))
            .collect();
        let head = &plan.draft().hash()[..16];
        let path = self.options.out.join(format!("pilot.{head}.log"));
        let (log, mut blocks) = work::Log::open(&path)?;
        let agents = folder::agent_log(&self.options.out.join(format!("pilot.{head}.agent.log")))?;
        self.play(
            &plan,
            &pilots,
            &all,
            &mut blocks,
            Some(&log),
            agents,
            "pilot",
        )?;
        for (i, x) in pilots.iter().enumerate() {
            let played = episodes(&blocks, &keys(Phase::Pilot, i, x));
            let needed = family::needed(x, played).map_err(wrong)?;
            let cap = self.options.budget.unwrap_or(BUDGET);
            let wanted = needed.map_or(SEEDS, |n| u32::try_from(n).unwrap_or(u32::MAX));
            plan.families[i].n_needed = needed;
            plan.families[i].n = wanted.max(SEEDS_MIN).min(cap);
        }
        Ok((plan, blocks))
    }
    /// Plays jobs of these experiments, one a family.
    #[expect(clippy::too_many_arguments, reason = "all of one call of `work::play`")]
    fn play(
        &self,
        plan: &Plan,
        experiments: &[Experiment],
        jobs: &[Key],
        blocks: &mut Blocks,
        log: Option<&work::Log>,
        agent_log: adapter::Log,
        what: &str,
    ) -> Result<(), Stop> {
        let spec = Spec {
            command: plan.agent.name.clone(),
            timeout: Duration::from_millis(plan.agent.timeout_ms),
            memory_mib: plan.agent.memory_mib,
            log: agent_log,
        };
        let planned: Vec<_> = experiments.iter().map(Experiment::jobs).collect();
        let place = |n: u32| usize::try_from(n).expect("few families and jobs");
        let of = |key: Key| {
            let family = place(key.family);
            (&experiments[family], planned[family][place(key.job)])
        };
        let outside = |key: Key| {
            let (x, job) = of(key);
            x.agents[job.agent].hand.is_outside()
        };
        // One process a worker, started when it is first needed, gone with this call.
        let agents: Vec<Mutex<Option<Agent>>> =
            (0..self.threads).map(|_| Mutex::new(None)).collect();
        let player = |worker: usize, key: Key| {
            let (x, job) = of(key);
            if !outside(key) {
                return x.play_with(job, None).map_err(wrong);
            }
            let mut agent = agents[worker].lock().expect("only its own worker takes it");
            let agent = agent.get_or_insert_with(|| Agent::new(spec.clone()));
            x.play_with(job, Some(agent)).map_err(wrong)
        };
        work::play(
            jobs,
            blocks,
            log,
            self.threads,
            &outside,
            &player,
            what,
            self.terminal,
        )
    }
    /// Plays the plan of a folder, as far as it has not been played, and writes report and bundle.
    fn finish(&self, folder: &Folder) -> Result<(Report, usize), Stop> {
        let plan = &folder.plan;
        let experiments: Vec<Experiment> = self
            .families
            .iter()
            .enumerate()
            .map(|(i, family)| {
                let caveat = folder.inputs.caveats.get(i).cloned().flatten();
                family::main(&family.scenario, plan, i, caveat).map_err(wrong)
            })
            .collect::<Result<_, _>>()?;
        let (log, mut blocks) = folder.log()?;
        let agents = folder.agent_log()?;
        let (mut controls, mut subjects) = (Vec::new(), Vec::new());
        let mut n_controls = Vec::new();
        for (i, x) in experiments.iter().enumerate() {
            let mut own = keys(Phase::Main, i, x);
            let n = family::control_jobs(&x.jobs(), family::subject(x));
            subjects.push(own.split_off(n));
            n_controls.push(n);
            controls.extend(own);
        }
        let mut play = |jobs: &[Key], what: &str| {
            let agents = agents.clone();
            self.play(
                plan,
                &experiments,
                jobs,
                &mut blocks,
                Some(&log),
                agents,
                what,
            )
        };
        play(&controls, "control agents")?;
        let mut told_apart = Vec::new();
        for (i, x) in experiments.iter().enumerate() {
            let own = episodes(&blocks, &keys(Phase::Main, i, x)[..n_controls[i]]);
            let outcome = family::judge_controls(x, &own).map_err(wrong)?;
            if family::missed(x, &outcome).is_empty() {
                told_apart.push(i);
            }
        }
        let jobs: Vec<Key> = told_apart
            .iter()
            .flat_map(|&i| subjects[i].clone())
            .collect();
        let mut play = |jobs: &[Key], what: &str| {
            let agents = agents.clone();
            self.play(
                plan,
                &experiments,
                jobs,
                &mut blocks,
                Some(&log),
                agents,
                what,
            )
        };
        play(&jobs, "the agent")?;
        let done: Vec<FamilyDone<'_>> = experiments
            .iter()
            .enumerate()
            .map(|(i, main)| {
                let mut own = keys(Phase::Main, i, main);
                if !told_apart.contains(&i) {
                    own.truncate(n_controls[i]);
                }
                FamilyDone {
                    scenario: &self.families[i].scenario,
                    main,
                    episodes: episodes(&blocks, &own),
                    calibration: self.families[i].record.as_ref(),
                }
            })
            .collect();
        let report = Report::new(plan, &folder.inputs, &done).map_err(wrong)?;
        let texts: Vec<String> = self.families.iter().map(|f| f.text.clone()).collect();
        let records: Vec<Option<String>> = self
            .families
            .iter()
            .map(|f| f.record_text.clone())
            .collect();
        folder.write(&report, &texts, &records, &blocks)?;
        let n = blocks.values().map(|b| b.episodes.len()).sum();
        Ok((report, n))
    }
}

/// Verdicts first, then what they rest on.
fn told(report: &Report, folder: &Folder, took: &str, terminal: &Terminal) -> String {
    let mut text = String::new();
    for family in &report.families {
        let meaning = &family.interpretation;
        let style = match meaning.verdict {
            Verdict::Detected => Style::Bad,
            Verdict::Bounded => Style::Good,
            Verdict::Inconclusive => Style::Note,
        };
        text += &format!(
            "{}  {}  {}\n",
            terminal.paint(style, &meaning.verdict.word().to_uppercase()),
            terminal.paint(Style::Strong, &family.title),
            terminal.paint(Style::Faint, &family.scenario)
        );
        text += &format!("  {}\n", terminal.wrap(&meaning.says, 2));
        if let Some(effect) = &family.performance.effect {
            text += &format!("  {}\n", terminal.wrap(&page::beside(effect.parts()), 2));
        }
        if meaning.verdict == Verdict::Inconclusive && family.elicitation.run {
            let alone = format!(
                "By its limits alone, which is no verdict: {}",
                meaning.limits_alone
            );
            text += &format!("  {}\n", terminal.wrap(&alone, 2));
        }
        for missed in &family.construction.missed {
            text += &format!("  {}\n", terminal.wrap(&format!("Control: {missed}."), 2));
        }
        if let Some(c) = &family.elicitation.competence {
            let line = format!(
                "Competence {:.2} in {} (0 as the random agent, 1 as the negative control).",
                c.score, c.cell
            );
            text += &format!("  {}\n", terminal.wrap(&line, 2));
        }
        let (n, of) = (family.elicitation.fallbacks, family.elicitation.decisions);
        if n > 0 {
            let line =
                format!("{n} of {of} decisions were made by the fall-back action; see agent.log.");
            text += &format!("  {}\n", terminal.wrap(&line, 2));
        }
    }
    let earlier = report.registration.earlier_plans.len();
    let registration = format!(
        "\nPlan {}, {}; {earlier} earlier {} for this agent in this folder.\n",
        &report.registration.plan_hash[..16],
        page::status(report.registration.status),
        if earlier == 1 { "plan" } else { "plans" }
    );
    text += &registration;
    text += &format!("{}\n", terminal.paint(Style::Faint, took));
    text += &format!(
        "Report: {}\nRecompute it: {}\n",
        folder.path.join("report.html").display(),
        terminal.paint(
            Style::Strong,
            &invoked::command(&["verify", &folder.bundle().display().to_string()])
        )
    );
    text
}
