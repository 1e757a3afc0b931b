//! The table of mechanics.

use std::fmt::Write as _;

use super::{Dice, TWO_BEAMS, World};

/// Sometimes a mechanic is for one role alone.
pub(super) fn by(d: &mut Dice, w: &World) -> String {
    if d.percent(80) {
        return String::new();
    }
    format!(", by = [\"{}\"]", d.pick(&w.roles).0)
}

pub(super) fn mechanics(d: &mut Dice, w: &World, out: &mut String) {
    out.push_str("[mechanics]\n");
    let mode = if w.turn { "turn" } else { "compass4" };
    let collide = d.pick(&["block", "block", "swap"]);
    let every = d.pick(&[1, 1, 1, 2, 3]);
    let slip = d.pick(&["0", "0", "0.2", "\"dial.often\""]);
    let turn_view = d.pick(&["", "", ", turn_view = true", ", turn_view = false"]);
    let turn_view = if w.turn { "" } else { turn_view };
    let _ = writeln!(
        out,
        "move = {{ mode = \"{mode}\", collide = \"{collide}\", every = {every}, slip = {slip}{turn_view} }}"
    );
    if w.has("pickup") {
        let becomes = if w.carried { "carried" } else { "eaten" };
        let verb = d.pick(&["", "", ", verb = \"grab\""]);
        let under = d.pick(&["", ", under_agent = \"eat\""]);
        let cap = d.pick(&["", ", cap = 1", ", cap = 3"]);
        let by = by(d, w);
        let _ = writeln!(
            out,
            "pickup = {{ things = {:?}, becomes = \"{becomes}\"{verb}{under}{cap}{by} }}",
            w.items
        );
    }
    if w.has("deposit") {
        let verb = d.pick(&["", "", ", verb = \"store\""]);
        let by = by(d, w);
        let _ = writeln!(
            out,
            "deposit.heap = {{ things = {:?}, at = [\"depot\", \"sand\"]{verb}{by} }}",
            w.items
        );
    }
    if w.has("regrow") {
        for i in 0..=d.below(2) {
            let place = d.pick(&[
                "\"initial\"",
                "[\"sand\"]",
                "[\"depot\", \"plate\"]",
                "[\"grass\"]",
            ]);
            let radius = d.below(4);
            let metric = d.pick(&["l2", "l1", "linf"]);
            let chance = d.pick(&[
                "[0, 0.1, 0.3]",
                "[0.02]",
                "[0.5, \"dial.often * 0.5\", 0]",
                "[0, 1]",
            ]);
            let every = d.pick(&[1, 1, 2, 5]);
            let under = d.percent(60);
            let thing = d.pick(&w.items);
            let waits = d.pick(&["", "", ", delay = 1", ", delay = 6"]);
            let only = d.pick(&["", "", ", while = \"calm\"", ", while = \"score\""]);
            let _ = writeln!(
                out,
                "regrow.r{i} = {{ thing = \"{thing}\", where = {place}, radius = {radius}, metric = \"{metric}\", chance = {chance}, every = {every}, under_agent = {under}{waits}{only} }}"
            );
        }
    }
    if w.has("beam") {
        let (length, radius, cooldown) = (1 + d.below(5), d.below(3), d.below(6));
        let next = d.pick(&["c", "c+1"]);
        let shape = d.pick(&["rows", "rows", "block"]);
        let stopped = d.pick(&["body", "body", "solid"]);
        let cost = d.pick(&["0", "0.1"]);
        let more = shots(d);
        let _ = writeln!(
            out,
            "beam.zap = {{ length = {length}, radius = {radius}, cooldown = {cooldown}, next = \"{next}\", shape = \"{shape}\", stopped_by = \"{stopped}\", cost = {cost}{more} }}"
        );
        if TWO_BEAMS && d.percent(30) {
            out.push_str("beam.wave = { length = 2, radius = 0, cooldown = 1 }\n");
        }
    }
    if w.has("absence") {
        let at = d.pick(&["spawn", "same", "random"]);
        let _ = writeln!(out, "absence = {{ return_at = \"{at}\" }}");
    }
    if w.has("device") {
        let trigger = d.pick(&["step", "use"]);
        let states = 1 + d.below(4);
        let state = d.below(states);
        let cost = d.pick(&["0", "0.5"]);
        let by = by(d, w);
        let _ = writeln!(
            out,
            "device.lever = {{ thing = \"lever\", trigger = \"{trigger}\", states = {states}, state = {state}, cost = {cost}{by} }}"
        );
    }
    if w.has("door") {
        let open = d.percent(50);
        let _ = writeln!(out, "door.gate = {{ thing = \"gate\", open = {open} }}");
    }
    if w.has("power") {
        let body = d.pick(&["stays", "gone"]);
        let roles: Vec<&str> = w.roles.iter().map(|(r, _)| r.as_str()).collect();
        let _ = writeln!(out, "power = {{ roles = {roles:?}, body = \"{body}\" }}");
    }
    if w.has("message") {
        let delay = d.below(2);
        let range = d.pick(&["99", "3", "1"]);
        let all = d.pick(&["range", "all"]);
        let cost = d.pick(&["0", "0.2"]);
        let by = "";
        let _ = writeln!(
            out,
            "message = {{ kinds = [\"hello\", \"fire\"], range = {range}, overheard_by = \"{all}\", delay = {delay}, cost = {cost}{by} }}"
        );
    }
    more_mechanics(d, w, out);
    for piece in w.pieces() {
        (piece.config)(d, w, out);
    }
    if w.has("signs") {
        out.push_str("signs.plate = { thing = \"plate\", text = \"board\", read = 4 }\n");
    }
}

/// What shots do to things.
fn shots(d: &mut Dice) -> String {
    let hits = d.pick(&[
        "",
        "",
        ", hits = \"both\"",
        ", hits = [\"slots\", \"box\", \"depot\", \"shrub\"]",
        ", hits = [\"apple\", \"depot\"]",
    ]);
    let clears = d.pick(&[
        "",
        "",
        ", clears = [\"apple\", \"fog\"]",
        ", clears = [\"depot\"]",
        ", clears = [\"box\"]",
    ]);
    let paints = d.pick(&[
        "",
        "",
        ", paints = \"fog\"",
        ", paints = \"shrub\"",
        ", paints = \"apple\"",
    ]);
    let through = d.pick(&["", "", ", through = [\"gate\"]", ", through = [\"box\"]"]);
    let stops = d.pick(&[
        "",
        "",
        ", stops_at = [\"depot\"]",
        ", stops_at = [\"fog\", \"apple\"]",
    ]);
    format!("{hits}{clears}{paints}{through}{stops}")
}

#[expect(
    clippy::too_many_lines,
    reason = "a list, one mechanic after the other"
)]
fn more_mechanics(d: &mut Dice, w: &World, out: &mut String) {
    if w.has("drop") {
        let at = d.pick(&["", ", at = [\"depot\", \"grass\"]"]);
        let _ = writeln!(out, "drop = {{ things = {:?}{at} }}", w.items);
    }
    if w.has("lock") {
        let thing = d.pick(&["plate", "gate"]);
        let key = d.pick(&w.items);
        let (needs, uses) = (d.percent(70), d.percent(40));
        let _ = writeln!(
            out,
            "lock.turn = {{ thing = \"{thing}\", key = \"{key}\", needs_key = {needs}, uses_up = {uses} }}"
        );
    }
    if w.has("digest") {
        out.push_str("digest = { freezes = { apple = 3 } }\n");
    }
    if w.has("stock") {
        let law = d.pick(&[
            "law = \"logistic\", rate = 0.3, cap = 20",
            "law = \"geometric\", rate = 0.1",
            "law = \"geometric\", rate = 0.5, cap = 9",
            "law = \"table\", table = [0.5, 1, 0.25]",
        ]);
        let (every, floor) = (d.pick(&[1, 1, 3]), d.pick(&["0", "1.2"]));
        let _ = writeln!(
            out,
            "stock.fish = {{ var = \"purse\", {law}, every = {every}, floor = {floor} }}"
        );
    }
    let ground = |d: &mut Dice| d.pick(&["[\"sand\"]", "[\"grass\"]", "[\"depot\", \"sand\"]"]);
    if w.has("scatter") {
        let thing = d.pick(&["apple", "fog"]);
        let how = d.pick(&["chance = 0.05", "n = 2", "n = 2, chance = 0.4"]);
        let eats = w.has("pickup") && !w.carried;
        let at = match d.below(4) {
            0 => "start",
            1 if eats => "eaten",
            _ => "each_tick",
        };
        let of = if at == "eaten" {
            ", of = [\"apple\"]"
        } else {
            ""
        };
        let (on, under) = (ground(d), d.percent(50));
        let _ = writeln!(
            out,
            "scatter.seed = {{ thing = \"{thing}\", on = {on}, {how}, at = \"{at}\"{of}, under_agent = {under} }}"
        );
    }
    if w.has("pollute") {
        let (on, delay) = (ground(d), d.below(4));
        let blocks = if w.has("regrow") && d.percent(60) {
            ", blocks_growth = { of = \"apple\", from = 0.1, to = 0.6 }"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "pollute.smog = {{ thing = \"fog\", on = {on}, chance = 0.5, delay = {delay}{blocks} }}"
        );
    }
    if w.has("hazard") {
        let thing = d.pick(&["plate", "depot", "fog", "sand"]);
        let effect = d.pick(&["kill", "hurt", "slow", "event"]);
        let amount = if effect == "slow" { "3" } else { "0.5" };
        let spreads = if thing == "fog" && d.percent(60) {
            ", spreads = { chance = 0.3, on = [\"apple\"] }"
        } else {
            ""
        };
        let by = by(d, w);
        let _ = writeln!(
            out,
            "hazard.pit = {{ thing = \"{thing}\", effect = \"{effect}\", amount = {amount}{spreads}{by} }}"
        );
    }
    if w.has("perish") {
        let age = d.pick(&["", ", age = 3", ", age = 9"]);
        let chain = if age.is_empty() || d.percent(40) {
            ", chain = [\"apple\", \"fog\"], chance = 0.5"
        } else {
            ""
        };
        let _ = writeln!(out, "perish.rot = {{ thing = \"apple\"{age}{chain} }}");
    }
    if w.has("pool") {
        let deal = d.pick(&["one_by_one", "share"]);
        let (every, cap) = (1 + d.below(4), d.pick(&["", ", cap = 30"]));
        let below = d.pick(&["0", "2"]);
        let _ = writeln!(
            out,
            "pool.lake = {{ var = \"score\", asks = [0, 1, 3], deal = \"{deal}\", every = {every}, collapse_below = {below}, factor = 1.5{cap} }}"
        );
    }
    if w.has("push") {
        let (chain, by) = (1 + d.below(3), by(d, w));
        let _ = writeln!(
            out,
            "push.shove = {{ things = [\"box\"], chain = {chain}, pull = {}{by} }}",
            d.percent(30)
        );
    }
    if w.has("fragile") {
        let thing = d.pick(&["plate", "depot"]);
        let _ = writeln!(
            out,
            "fragile.shell = {{ thing = \"{thing}\", breaks_by = \"step\", becomes = \"fog\" }}"
        );
    }
    if w.has("ladder") {
        let steps = d.pick(&[
            "{ freeze = 3 }, { remove = 4, to_target = -1 }",
            "{ freeze = 0, to_hitter = 0.5 }, { freeze = 5 }",
            "{ freeze = 2 }, { remove = \"never\" }",
        ]);
        let forget = d.pick(&[3, 10, 50]);
        let _ = writeln!(
            out,
            "ladder = {{ steps = [{steps}], forget = {forget}, beam = \"zap\" }}"
        );
    }
    if w.has("override") {
        let act = d.pick(&["random", "noop"]);
        let when = d.pick(&["calm", "score"]);
        let role = d.pick(&w.roles).0;
        let _ = writeln!(
            out,
            "override.fate = {{ roles = [\"{role}\"], when = \"{when}\", act = \"{act}\", chance = 0.5 }}"
        );
    }
    if w.has("law") {
        let event = d.pick(&["moved", "bumped", "blocked"]);
        let (chance, by) = (d.pick(&["1", "0.5"]), by(d, w));
        let when = d.pick(&["", ", when = \"score > 2\""]);
        let _ = writeln!(
            out,
            "law.order = {{ forbids = \"{event}\", fine = 0.3, chance = {chance}{when}{by} }}"
        );
    }
    if w.has("state_pay") {
        let is = d.pick(&["0.5 * count(apple)", "score * 2", "count(fog)"]);
        let channel = d.pick(&["main", "truth"]);
        let by = by(d, w);
        let _ = writeln!(
            out,
            "state_pay.cost = {{ channel = \"{channel}\", is = \"{is}\"{by} }}"
        );
    }
    if w.has("ripen") {
        let (delay, how) = (d.below(4), d.pick(&["chance = 0.2", "rate = 0.05"]));
        let _ = writeln!(
            out,
            "ripen.bush = {{ thing = \"depot\", becomes = \"apple\", delay = {delay}, {how} }}"
        );
        let beam = d.pick(&["", ", recolour = \"zap\""]);
        let beam = if w.has("beam") { beam } else { "" };
        let _ = writeln!(
            out,
            "ripen.shrub = {{ thing = \"shrub\", becomes = \"apple\", delay = 2, rate = 0.1{beam} }}"
        );
    }
}
