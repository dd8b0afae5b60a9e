//! What each side reached, and whether ours is near PEFT's.
//!
//! `bench/reference/learning.py` writes the same form; what it wrote of 20 epochs on all rows is `learning.json` beside it.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::console;

/// By this share the held-out loss may be above PEFT's.
const LOSS_MARGIN: f64 = 0.03;
/// By this much the share of exact matches may be below PEFT's.
const EXACT_MATCH_MARGIN: f64 = 0.02;
/// Below this share of the base's loss a method has clearly learned.
const CLEARLY: f64 = 0.8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A soft prompt of 20 rows from random vocabulary embeddings, rate 0.3.
    Prompt,
    /// LoRA of rank 16 and alpha 32 on q and v, rate 0.003.
    Lora,
}

/// One side's results; `bench/reference/learning.py` writes the same.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reached {
    pub(super) settings: Settings,
    pub(super) held_out: usize,
    pub(super) base: Quality,
    pub(super) runs: Vec<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) epochs: usize,
    pub(super) batch_size: usize,
    pub(super) warmup_steps: usize,
    pub(super) rows: Option<usize>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Quality {
    pub(super) loss: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) exact_match: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) method: Kind,
    pub(super) seed: u64,
    pub(super) steps: usize,
    /// Of training alone; none where it was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seconds: Option<f64>,
    pub(super) last_training_loss: f64,
    #[serde(flatten)]
    pub(super) quality: Quality,
}

/// Prints both sides and says whether ours is near theirs, where they did the same.
pub(super) fn report(ours: &Reached, theirs: &Reached) -> bool {
    let percent = |share: Option<f64>| share.map_or("-".into(), |share| format!("{:.1} %", share * 100.0));
    let line = |what: String, quality: Quality, rest: String| {
        console::result(&format!(
            "{what:<24} {:>8.4}  {:>8}  {rest}",
            quality.loss,
            percent(quality.exact_match)
        ));
    };
    console::result(&format!("{:<24} {:>8}  {:>8}", "held out", "loss", "exact"));
    line("base, PEFT".into(), theirs.base, String::new());
    line("base, Attune".into(), ours.base, String::new());
    for (side, reached) in [("PEFT", theirs), ("Attune", ours)] {
        for run in &reached.runs {
            let time = run.seconds.map_or(String::new(), |seconds| format!(" in {seconds:.0} s"));
            let rest = format!("{} steps{time}, last training loss {:.3}", run.steps, run.last_training_loss);
            line(format!("{:?}, seed {}, {side}", run.method, run.seed), run.quality, rest);
        }
    }
    if ours.settings != theirs.settings {
        console::result(
            "not judged: PEFT's numbers are of other settings; --with-peft lets it learn with these",
        );
        return true;
    }
    let methods: Vec<Kind> =
        [Kind::Lora, Kind::Prompt].into_iter().filter(|kind| !ours.of(*kind).is_empty()).collect();
    let mut good = true;
    for method in methods {
        match judged(method, ours, theirs) {
            Ok(said) => console::result(&format!("{method:?}: {said}")),
            Err(off) => {
                console::result(&format!("{method:?}: OFF: {off}"));
                good = false;
            }
        }
    }
    good
}

impl Reached {
    fn of(&self, method: Kind) -> Vec<&Run> {
        self.runs.iter().filter(|run| run.method == method).collect()
    }

    /// Means over the seeds; NaN where nothing was run.
    fn mean(&self, method: Kind, value: impl Fn(&Run) -> f64) -> f64 {
        let runs = self.of(method);
        runs.iter().map(|run| value(run)).sum::<f64>() / runs.len() as f64
    }
}

/// What is said of a method that reaches what PEFT's reaches, or by what it does not.
pub(super) fn judged(method: Kind, ours: &Reached, theirs: &Reached) -> Result<String, String> {
    let [our_loss, their_loss] = [ours, theirs].map(|side| side.mean(method, |run| run.quality.loss));
    let matches = |side: &Reached| side.mean(method, |run| run.quality.exact_match.unwrap_or(0.0));
    let (our_matches, their_matches) = (matches(ours), matches(theirs));
    let said = format!(
        "loss {our_loss:.4} beside {their_loss:.4} ({:+.1} %), exact match {:+.1} points",
        (our_loss / their_loss - 1.0) * 100.0,
        (our_matches - their_matches) * 100.0
    );
    // Written so that a number that is none does not pass.
    let kept = [
        (our_loss <= their_loss * (1.0 + LOSS_MARGIN), "the loss is more than 3 % above PEFT's"),
        (
            our_matches >= their_matches - EXACT_MATCH_MARGIN,
            "exact matches are more than 2 points below PEFT's",
        ),
        (our_loss <= ours.base.loss * CLEARLY, "the loss is not clearly below the base's"),
    ];
    let broken: Vec<&str> = kept.iter().filter(|(holds, _)| !holds).map(|(_, what)| *what).collect();
    if broken.is_empty() { Ok(said) } else { Err(format!("{said}: {}", broken.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Quality, Reached, Run, Settings, judged};

    #[test]
    fn what_is_off_is_named() {
        let reached = |loss: f64, exact_match: f64| {
            let quality = |loss, exact_match| Quality { loss, exact_match: Some(exact_match) };
            let run = Run {
                method: Kind::Lora,
                seed: 1,
                steps: 1,
                seconds: None,
                last_training_loss: loss,
                quality: quality(loss, exact_match),
            };
            let settings = Settings { epochs: 1, batch_size: 1, warmup_steps: 1, rows: None };
            Reached { settings, held_out: 1, base: quality(7.0, 0.0), runs: vec![run] }
        };
        let theirs = reached(0.3, 0.6);
        assert!(judged(Kind::Lora, &reached(0.308, 0.585), &theirs).is_ok());
        let off =
            |loss, exact_match| judged(Kind::Lora, &reached(loss, exact_match), &theirs).expect_err("off");
        assert!(off(0.31, 0.6).ends_with("the loss is more than 3 % above PEFT's"));
        assert!(off(0.3, 0.57).ends_with("exact matches are more than 2 points below PEFT's"));
        assert!(off(f64::NAN, 0.6).ends_with("the loss is not clearly below the base's"));
        let untrained = judged(Kind::Prompt, &theirs, &theirs).expect_err("nothing was run");
        assert!(untrained.contains("PEFT's"), "{untrained}");
    }
}
