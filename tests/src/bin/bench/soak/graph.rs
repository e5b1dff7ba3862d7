//! The graph of a soak: memory, orders at hand and the longest answer of each second, as SVG.
//!
//! Law: each line has its own scale from 0 to its largest value, which is written beside it.

use std::fmt::Write as _;

use super::watch::Second;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 10.0;
const APART: f64 = 40.0;

/// Draws it.
pub(super) fn draw(seconds: &[Second]) -> String {
    let lines: [(&str, &str, Vec<f64>); 3] = [
        ("memory of the host, MB", "#2563eb", of(seconds, |one| one.resident as f64 / 1e6)),
        ("orders at hand, thousands", "#16a34a", of(seconds, |one| one.orders as f64 / 1e3)),
        (
            "longest answer of each second, ms",
            "#dc2626",
            of(seconds, |one| one.longest as f64 / 1e3),
        ),
    ];
    let (width, height) = (WIDTH + 2.0 * LEFT, (HEIGHT + APART) * lines.len() as f64 + LEFT);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"14\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (nth, (name, colour, values)) in lines.iter().enumerate() {
        let top = APART + (HEIGHT + APART) * nth as f64;
        let most = values.iter().copied().fold(1e-9, f64::max);
        let step = WIDTH / (values.len().saturating_sub(1).max(1)) as f64;
        let mut points = String::new();
        for (at, value) in values.iter().enumerate() {
            let (x, y) = (LEFT + step * at as f64, top + HEIGHT * (1.0 - value / most));
            // Writing into a text has no way to fail.
            let _ = write!(points, "{x:.1},{y:.1} ");
        }
        let (left, bottom, right) = (LEFT, top + HEIGHT, LEFT + WIDTH);
        let title = format!("{name}: at most {most:.1}, over {} s", values.len());
        let _ = writeln!(
            svg,
            "<text x=\"{left}\" y=\"{:.1}\">{title}</text>\n\
             <path d=\"M{left} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#999\"/>\n\
             <polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\"/>",
            top - 8.0
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn of(seconds: &[Second], value: impl Fn(&Second) -> f64) -> Vec<f64> {
    seconds.iter().map(value).collect()
}
