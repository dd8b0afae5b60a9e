//! What the product's quality makes of passages that people wrote, of their broken versions, and of what attune-mini
//! writes.
//!
//! Not here: how quality is judged (`attune_engine::quality`). Numbers are chosen on the tuning half alone (`--fit`);
//! the test half is what the figures are of, and no author is in both. Continuous integration asserts the figures on
//! every second passage of the test half, see the test below.

mod broken;
mod figures;
pub(crate) mod passages;
mod written;

use std::path::PathBuf;
use std::sync::Arc;

use attune_engine::quality::{Calibration, FluencyMeter, PartName, Quality};
use attune_tuning::BaseModel;
use clap::Args;

use crate::console;
use crate::error::Result;
use crate::files::read_base;
use crate::reference::checkout;
use broken::Kind;
use figures::{area_under_curve, kept, values, wholes};
use passages::{Asked, Half, Which};

/// The least area under the curve for each kind.
const LEAST_AREA: f64 = 0.95;
/// The least share of passages that is kept, and the largest of each kind that is broken.
const LEAST_KEPT: f64 = 0.90;
const MOST_BROKEN_KEPT: f64 = 0.05;
/// SHA-256 of the bundled base's weights, by which its calibration is known.
const DIGEST: &str = "sha256:8750965409b795f9f5ea380bf2e449562b206d026466fde6d6966d54154f12f2";

#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// The folder with english.jsonl and other_languages.jsonl.
    #[arg(long)]
    data: PathBuf,
    /// Show what numbers are chosen by instead: the tuning half, and the anchors of the base's calibration on it.
    #[arg(long)]
    fit: bool,
    /// How many texts attune-mini writes for each way of drawing; 0 for none.
    #[arg(long, default_value_t = 160)]
    written: usize,
}

/// Judges every text, prints what came of it, and says whether it is as good as is wanted.
pub(crate) fn measure(wanted: &Wanted) -> Result<bool> {
    let base = Arc::new(read_base(&checkout().join("models/attune-mini"))?);
    let meter = FluencyMeter::new(Arc::clone(&base), DIGEST)?;
    if wanted.fit {
        let half = Half::read(&wanted.data, Which::Tuning)?;
        print_anchors(&base, &meter, &half)?;
        return Figures::of(&half, 1, &meter).map(|figures| figures.print());
    }
    let half = Half::read(&wanted.data, Which::Test)?;
    let figures = Figures::of(&half, 1, &meter)?;
    let good = figures.print();
    print_beginnings(&half, &meter)?;
    if wanted.written > 0 {
        written::compare(&base, &meter, &figures.passages, wanted.written)?;
    }
    Ok(good)
}

/// What was made of a half.
struct Figures {
    passages: Vec<Quality>,
    broken: Vec<(Kind, Vec<Quality>)>,
}

impl Figures {
    /// Judges every `every`th passage and its broken versions.
    fn of(half: &Half, every: usize, meter: &FluencyMeter) -> Result<Self> {
        let judge = |rows: &[Asked]| -> Result<Vec<Quality>> {
            Ok(meter.qualities(&rows.iter().map(Asked::judged).collect::<Vec<_>>())?)
        };
        let passages: Vec<Asked> = half.passages.iter().step_by(every).cloned().collect();
        let broken = Kind::ALL.into_iter().map(|kind| Ok((kind, judge(&kind.make(half, every))?)));
        Ok(Self { passages: judge(&passages)?, broken: broken.collect::<Result<_>>()? })
    }

    /// A table with a line for each kind, and whether all is as good as is wanted.
    fn print(&self) -> bool {
        let parts: Vec<PartName> = self
            .passages
            .first()
            .map(|quality| quality.parts.iter().map(|(name, _)| name).collect())
            .unwrap_or_default();
        let mut heading = format!("{:<16}{:>7}{:>9}{:>8}", "", "texts", "kept", "whole");
        parts.iter().for_each(|name| heading.push_str(&format!("{:>17}", name.to_string())));
        console::result(&heading);
        console::result(&format!(
            "{:<16}{:>7}{:>8.1}%",
            "passages",
            self.passages.len(),
            100.0 * kept(&self.passages)
        ));
        for (kind, broken) in &self.broken {
            let mut line = format!("{:<16}{:>7}{:>8.1}%", kind.name(), broken.len(), 100.0 * kept(broken));
            line.push_str(&format!("{:>8.3}", area_under_curve(&wholes(&self.passages), &wholes(broken))));
            for name in &parts {
                let area = area_under_curve(&values(&self.passages, *name), &values(broken, *name));
                line.push_str(&format!("{area:>17.3}"));
            }
            console::result(&line);
        }
        let failed = self.failed();
        failed.iter().for_each(|sentence| console::result(&format!("OFF: {sentence}")));
        failed.is_empty()
    }

    /// What is not as good as is wanted, each as a sentence.
    fn failed(&self) -> Vec<String> {
        let mut failed = Vec::new();
        let share = kept(&self.passages);
        if share < LEAST_KEPT {
            failed.push(format!("{share:.3} of the passages are kept, {LEAST_KEPT} are wanted"));
        }
        for (kind, broken) in &self.broken {
            let (name, share) = (kind.name(), kept(broken));
            let area = area_under_curve(&wholes(&self.passages), &wholes(broken));
            if area < LEAST_AREA {
                failed.push(format!("{name}: the area under the curve is {area:.3}, {LEAST_AREA} is wanted"));
            }
            if share > MOST_BROKEN_KEPT {
                failed.push(format!("{name}: {share:.3} are kept, {MOST_BROKEN_KEPT} are allowed"));
            }
        }
        failed
    }
}

/// The numbers behind [`Calibration`]'s constants: mean log likelihoods of the half's passages and of these shuffled,
/// beside the anchors that the reference texts give.
fn print_anchors(base: &Arc<BaseModel>, meter: &FluencyMeter, half: &Half) -> Result<()> {
    let mean = |rows: &[Asked]| -> Result<f64> {
        let measured = meter.measure(&rows.iter().map(Asked::judged).collect::<Vec<_>>())?;
        Ok(measured.iter().map(|fluency| fluency.mean()).sum::<f64>() / measured.len() as f64)
    };
    let (text, shuffled) = (mean(&half.passages)?, mean(&Kind::Shuffled.make(half, 1))?);
    let Calibration { text: known_text, shuffled: known_shuffled } = *meter.calibration();
    let unknown = FluencyMeter::new(Arc::clone(base), "")?;
    let Calibration { text: measured_text, shuffled: measured_shuffled } = *unknown.calibration();
    console::result("nats a token            text  shuffled");
    console::result(&format!("tuning half         {text:>8.3}  {shuffled:>8.3}"));
    console::result(&format!("known by its digest {known_text:>8.3}  {known_shuffled:>8.3}"));
    console::result(&format!("reference texts     {measured_text:>8.3}  {measured_shuffled:>8.3}"));
    Ok(())
}

/// The other form of a prompt, which nothing is wanted of: a passage's first sentence, and what follows it as the text.
fn print_beginnings(half: &Half, meter: &FluencyMeter) -> Result<()> {
    let (own, other) = half.beginnings();
    let judge = |rows: &[Asked]| -> Result<Vec<Quality>> {
        Ok(meter.qualities(&rows.iter().map(Asked::judged).collect::<Vec<_>>())?)
    };
    let (own, other) = (judge(&own)?, judge(&other)?);
    let (kept_own, kept_other) = (100.0 * kept(&own), 100.0 * kept(&other));
    let area = area_under_curve(&values(&own, PartName::Relevance), &values(&other, PartName::Relevance));
    console::result(&format!(
        "a first sentence as the prompt: {kept_own:.1} % of {} are kept, and {kept_other:.1} % with the sentence of \
         another author; relevance tells them apart by {area:.3}",
        own.len()
    ));
    Ok(())
}

/// The folder of the passages beside the checkout, where it is there.
#[cfg(test)]
pub(crate) fn shared_passages() -> Option<PathBuf> {
    let shared =
        std::env::var_os("ATTUNE_SHARED_DIR").map_or_else(|| checkout().join("../shared"), PathBuf::from);
    let folder = shared.join("data/passages");
    if folder.is_dir() {
        return Some(folder);
    }
    console::say(&format!(
        "SKIPPED: no passages at {}; set ATTUNE_SHARED_DIR to the folder with data/",
        folder.display()
    ));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every second passage: all of them would take twice the time and say the same.
    #[test]
    fn quality_tells_passages_from_broken_text_by_every_kind() {
        let Some(folder) = shared_passages() else { return };
        let base = Arc::new(read_base(&checkout().join("models/attune-mini")).expect("the bundled base"));
        let meter = FluencyMeter::new(base, DIGEST).expect("a meter");
        let half = Half::read(&folder, Which::Test).expect("passages");
        let figures = Figures::of(&half, 2, &meter).expect("qualities");
        assert!(figures.passages.len() > 100, "{}", figures.passages.len());
        figures.print();
        assert_eq!(figures.failed(), [] as [String; 0]);
    }

    #[test]
    fn no_author_is_in_both_halves() {
        let Some(folder) = shared_passages() else { return };
        let authors = |which| -> std::collections::BTreeSet<String> {
            let half = Half::read(&folder, which).expect("passages");
            half.passages.into_iter().map(|asked| asked.author).collect()
        };
        let (tuning, test) = (authors(Which::Tuning), authors(Which::Test));
        assert!(!tuning.is_empty() && tuning.is_disjoint(&test), "{tuning:?} {test:?}");
    }
}
