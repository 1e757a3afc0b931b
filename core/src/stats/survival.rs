//! Time to an event, some of it not seen to its end.

use super::count;

/// A survival curve at the times at which an event happened.
#[derive(Clone, Debug, PartialEq)]
pub struct KaplanMeier {
    /// Times with at least one event, ascending.
    pub times: Vec<f64>,
    /// Share that has had no event after each of them.
    pub survival: Vec<f64>,
    /// Observed up to each of them.
    pub at_risk: Vec<f64>,
    /// Events at each of them.
    pub events: Vec<f64>,
    /// The last time, of an event or a censoring.
    pub last: f64,
}

/// Kaplan–Meier curve: S(t) = Π over event times up to t of (1 − d/n). `observed`: whether the time is that of the event, not of a
/// censoring; at equal times events come first. `None` unless both have one length of at least 1, and all times are finite and at
/// least 0.
///
/// Source: Kaplan & Meier 1958.
pub fn kaplan_meier(times: &[f64], observed: &[bool]) -> Option<KaplanMeier> {
    let wrong = |t: &f64| !(*t >= 0.0 && t.is_finite());
    if times.is_empty() || times.len() != observed.len() || times.iter().any(wrong) {
        return None;
    }
    let mut rows: Vec<(f64, bool)> = times
        .iter()
        .copied()
        .zip(observed.iter().copied())
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut curve = KaplanMeier {
        times: vec![],
        survival: vec![],
        at_risk: vec![],
        events: vec![],
        last: rows[rows.len() - 1].0,
    };
    let (mut left, mut share, mut from) = (rows.len(), 1.0, 0);
    while from < rows.len() {
        let time = rows[from].0;
        let here = rows[from..].iter().take_while(|row| row.0 <= time).count();
        let events = rows[from..from + here].iter().filter(|row| row.1).count();
        if events > 0 {
            share *= 1.0 - count(events) / count(left);
            curve.times.push(time);
            curve.survival.push(share);
            curve.at_risk.push(count(left));
            curve.events.push(count(events));
        }
        left -= here;
        from += here;
    }
    Some(curve)
}

/// Restricted mean survival time ∫₀^τ S: the mean time without the event, up to `tau`. `None` as for [`kaplan_meier`], unless
/// `tau` is finite and at least 0, and where `tau` lies beyond the last time while S is above 0 there: what follows was not seen.
///
/// Source: Royston & Parmar 2013.
pub fn rmst(times: &[f64], observed: &[bool], tau: f64) -> Option<f64> {
    let curve = kaplan_meier(times, observed)?;
    let end = curve.survival.last().copied().unwrap_or(1.0);
    if !(tau >= 0.0 && tau.is_finite()) || (tau > curve.last && end > 0.0) {
        return None;
    }
    let (mut area, mut from, mut share) = (0.0, 0.0, 1.0);
    for (time, next) in curve.times.iter().zip(&curve.survival) {
        if *time >= tau {
            break;
        }
        area += share * (time - from);
        from = *time;
        share = *next;
    }
    Some(area + share * (tau - from))
}
