//! Intervals beside each other on one axis, as inline SVG. Places are percentages, so that letters keep their size on a narrow page.

use super::escape;

/// How a row is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    /// ○, dashed.
    Control,
    /// ▲, solid.
    Treatment,
    /// ●, in ink.
    Plain,
    /// ◆, in the colour of the treatment: the agent itself.
    Own,
}

/// A number with its interval.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) says: String,
    pub(super) mark: Mark,
    /// Estimate, low end, high end.
    pub(super) value: Option<(f64, f64, f64)>,
    pub(super) number: String,
}

/// Where lines stand across all rows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Axis {
    lo: f64,
    hi: f64,
    m: Option<f64>,
}

impl Axis {
    /// Holds 0, M and every interval.
    pub(super) fn of(rows: &[Row], m: Option<f64>) -> Self {
        let (mut lo, mut hi) = (0.0_f64, m.unwrap_or(0.0));
        for (point, low, high) in rows.iter().filter_map(|r| r.value) {
            lo = lo.min(low).min(point);
            hi = hi.max(high).max(point);
        }
        if hi - lo < 1e-9 {
            hi = lo + 1.0;
        }
        Self { lo, hi, m }
    }
    /// Place of a value, in percent of the width.
    fn at(&self, value: f64) -> String {
        format!(
            "{:.2}%",
            3.0 + 94.0 * (value - self.lo) / (self.hi - self.lo)
        )
    }
    fn lines(&self, height: u32) -> String {
        let line = |class: &str, value: f64| {
            let x = self.at(value);
            format!("<line class=\"{class}\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"{height}\"/>")
        };
        let m = self.m.map(|m| line("m", m));
        format!("{}{}", line("zero", 0.0), m.unwrap_or_default())
    }
    /// Round values for labels.
    fn ticks(&self) -> Vec<f64> {
        let rough = (self.hi - self.lo) / 4.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|k| k * power)
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(power * 10.0);
        let first = (self.lo / step - 1e-9).ceil();
        (0..=12)
            .map(|i| (first + f64::from(i)) * step)
            .take_while(|v| *v <= self.hi + step * 1e-6)
            .collect()
    }
}

/// A number without more places than it needs.
fn label(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

fn strip(row: &Row, axis: &Axis) -> String {
    let Some((point, low, high)) = row.value else {
        return format!(
            "<svg height=\"24\" aria-hidden=\"true\">{}</svg>",
            axis.lines(24)
        );
    };
    let (x, x1, x2) = (axis.at(point), axis.at(low), axis.at(high));
    let mark = match row.mark {
        Mark::Control => "<circle class=\"hollow\" r=\"5\"/>",
        Mark::Treatment => "<path class=\"mark\" d=\"M0 -7L7 6L-7 6Z\"/>",
        Mark::Plain => "<circle class=\"mark\" r=\"5\"/>",
        Mark::Own => "<path class=\"mark\" d=\"M0 -8L8 0L0 8L-8 0Z\"/>",
    };
    format!(
        "<svg height=\"24\" aria-hidden=\"true\">{}<line class=\"bar\" x1=\"{x1}\" x2=\"{x2}\" y1=\"12\" y2=\"12\"/><svg x=\"{x}\" y=\"12\">{mark}</svg></svg>",
        axis.lines(24)
    )
}

/// The rows and their axis.
pub(super) fn draw(rows: &[Row], m: Option<f64>) -> String {
    let axis = Axis::of(rows, m);
    let mut out = String::from("<div class=\"chart\">");
    for row in rows {
        let class = match row.mark {
            Mark::Control => "control",
            Mark::Treatment => "treatment",
            Mark::Own => "own",
            Mark::Plain => "plain",
        };
        let says = match row.says.is_empty() {
            true => String::new(),
            false => format!("<small>{}</small>", escape(&row.says)),
        };
        out += &format!(
            "<div class=\"row\"><div class=\"name\">{}{says}</div><div class=\"strip {class}\">{}</div><div class=\"number\">{}</div></div>",
            escape(&row.name),
            strip(row, &axis),
            escape(&row.number)
        );
    }
    let mut labels = String::new();
    for value in axis.ticks() {
        labels += &format!(
            "<text x=\"{}\" y=\"16\" text-anchor=\"middle\">{}</text>",
            axis.at(value),
            label(value)
        );
    }
    if let Some(m) = m {
        labels += &format!(
            "<text x=\"{}\" y=\"34\" text-anchor=\"middle\">M = {}</text>",
            axis.at(m),
            label(m)
        );
    }
    let height = if m.is_some() { 40 } else { 22 };
    out += &format!(
        "<div class=\"row axis\"><div class=\"name\"></div><div class=\"strip\"><svg height=\"{height}\" aria-hidden=\"true\">{labels}</svg></div><div class=\"number\"></div></div></div>"
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: Option<(f64, f64, f64)>) -> Row {
        Row {
            name: "a <b>".to_owned(),
            says: String::new(),
            mark: Mark::Plain,
            value,
            number: "1".to_owned(),
        }
    }

    #[test]
    fn the_axis_holds_zero_m_and_every_interval() {
        let axis = Axis::of(&[row(Some((0.5, 0.4, 0.9))), row(None)], Some(0.1));
        assert_eq!((axis.lo, axis.hi), (0.0, 0.9));
        assert_eq!(axis.at(0.0), "3.00%");
        assert_eq!(axis.at(0.9), "97.00%");
        let ticks: Vec<String> = axis.ticks().into_iter().map(label).collect();
        assert_eq!(ticks, ["0", "0.5"]);
        let flat = Axis::of(&[row(Some((0.0, 0.0, 0.0)))], None);
        assert!(flat.hi > flat.lo && flat.ticks().len() > 1);
    }

    #[test]
    fn names_are_escaped() {
        assert!(draw(&[row(None)], None).contains("a &lt;b&gt;"));
    }
}
