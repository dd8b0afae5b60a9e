//! Lines in an SVG that is read on light and dark ground: enough for how time grows.

use std::fmt::Write;

/// Panels beside each other.
pub(crate) struct Plot {
    pub(crate) panels: Vec<Panel>,
}

/// A plane whose axes both begin at zero.
pub(crate) struct Panel {
    /// What runs to the right.
    pub(crate) name: &'static str,
    /// What runs up.
    pub(crate) unit: &'static str,
    pub(crate) series: Vec<Series>,
}

pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 40.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 40.0;
/// From one number below an axis to the next: nearer ones would touch.
const BETWEEN_NUMBERS: f64 = 20.0;
/// Told apart by those who see no red or green as well.
const COLOURS: [&str; 3] = ["#d97706", "#2563eb", "#64748b"];

impl Plot {
    pub(crate) fn svg(&self) -> String {
        let (width, height) = (self.panels.len() as f64 * (LEFT + WIDTH + RIGHT), TOP + HEIGHT + BOTTOM);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
             font-size=\"11\" fill=\"#6b7280\">\n"
        );
        for (number, panel) in self.panels.iter().enumerate() {
            panel.draw(number as f64 * (LEFT + WIDTH + RIGHT) + LEFT, &mut svg);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

impl Panel {
    fn draw(&self, left: f64, svg: &mut String) {
        let all = || self.series.iter().flat_map(|series| &series.points);
        let most = |value: fn(&(f64, f64)) -> f64| all().map(value).fold(0.0, f64::max);
        let (most_x, most_y) = (most(|point| point.0), most(|point| point.1));
        let place = |(x, y): (f64, f64)| (left + x / most_x * WIDTH, TOP + HEIGHT - y / most_y * HEIGHT);
        let bottom = TOP + HEIGHT;
        let mut line = |text: String| {
            svg.push_str(&text);
            svg.push('\n');
        };
        line(format!(
            "<path d=\"M{left} {TOP}V{bottom}H{}\" fill=\"none\" stroke=\"#9ca3af\"/>",
            left + WIDTH
        ));
        line(format!("<text x=\"{left}\" y=\"{}\">{}</text>", TOP - 8.0, self.unit));
        line(format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            left + WIDTH / 2.0,
            bottom + 32.0,
            self.name
        ));
        line(format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{most_y:.2}</text>",
            left - 4.0,
            TOP + 4.0
        ));
        let mut written_at = f64::NEG_INFINITY;
        for (x, _) in self.series.first().map_or(&[][..], |series| &series.points) {
            let at = place((*x, 0.0)).0;
            if at - written_at < BETWEEN_NUMBERS {
                continue;
            }
            written_at = at;
            line(format!("<text x=\"{at}\" y=\"{}\" text-anchor=\"middle\">{x}</text>", bottom + 16.0));
        }
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            let mut path = String::new();
            for (number, point) in series.points.iter().enumerate() {
                let ((x, y), step) = (place(*point), if number == 0 { 'M' } else { 'L' });
                // Writing to a text cannot fail.
                let _ = write!(path, "{step}{x:.1} {y:.1}");
                line(format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{colour}\"/>"));
            }
            line(format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"));
            if let Some(last) = series.points.last() {
                let (x, y) = place(*last);
                line(format!(
                    "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{}</text>",
                    x + 6.0,
                    y + 4.0,
                    series.name
                ));
            }
        }
    }
}
