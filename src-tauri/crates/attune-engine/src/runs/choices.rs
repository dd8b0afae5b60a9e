//! From what was asked for to complete hyperparameters: defaults filled in, impossible values refused by field.

use attune_tuning::{AdapterKind, LoraSettings, LoraTarget, TrainingConfig};

use super::hyperparameters::{Course, Hyperparameters, LoraDimensions, PromptDimensions};
use super::request::RunRequest;
use super::{InitialPrompt, Method};
use crate::limits::{check_epochs, check_number, check_range};
use crate::{Error, Result};

/// Evaluations without a lower loss after which a run ends, if nobody says otherwise.
const DEFAULT_PATIENCE: u32 = 3;
/// The most characters of a text to start a soft prompt from; its rows hold far fewer.
const LONGEST_INITIAL_TEXT: usize = 10_000;

impl Hyperparameters {
    /// The chosen values, and the defaults for this many rows to train on. An adapter to begin with decides what
    /// kind of adapter is trained.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first value no run can have.
    pub(crate) fn chosen(request: &RunRequest, rows: usize, start: Option<&AdapterKind>) -> Result<Self> {
        let method = match start {
            Some(AdapterKind::Lora(_)) => Method::Lora,
            Some(AdapterKind::SoftPrompt { .. }) => Method::SoftPrompt,
            None => request.method.unwrap_or(Method::SoftPrompt),
        };
        let defaults = match method {
            Method::SoftPrompt => TrainingConfig::for_examples(rows),
            Method::Lora => TrainingConfig::for_lora(rows, LoraSettings::default()),
        };
        let chosen = Self {
            epochs: request.epochs.unwrap_or(defaults.epochs as u32),
            batch_size: request.batch_size.unwrap_or(defaults.batch_size as u32),
            learning_rate: request.learning_rate.unwrap_or(defaults.learning_rate),
            source_max_tokens: request.source_max_tokens.unwrap_or(defaults.source_max_tokens as u32),
            target_max_tokens: request.target_max_tokens.unwrap_or(defaults.target_max_tokens as u32),
            seed: request.seed.unwrap_or(defaults.seed),
            lora: lora(request, method, start)?,
            prompt: prompt(request, method, start)?,
            course: Course::chosen(request)?,
        };
        check_epochs("epochs", chosen.epochs)?;
        check_range("batchSize", chosen.batch_size, 1, 256, "a batch has 1 to 256 rows")?;
        for (field, tokens) in
            [("sourceMaxTokens", chosen.source_max_tokens), ("targetMaxTokens", chosen.target_max_tokens)]
        {
            check_range(field, tokens, 2, 1024, "it is 2 to 1024 tokens")?;
        }
        let rate = chosen.learning_rate;
        check_number("learningRate", rate, rate > 0.0 && rate <= 10.0, "it is above 0 and at most 10")?;
        Ok(chosen)
    }
}

impl Course {
    fn chosen(request: &RunRequest) -> Result<Self> {
        let default = Self::default();
        let chosen = Self {
            warmup_steps: request.warmup_steps.unwrap_or(default.warmup_steps),
            decay: request.decay.unwrap_or(default.decay),
            accumulation_steps: request.accumulation_steps.unwrap_or(default.accumulation_steps),
            batch_tokens: request.batch_tokens,
            gradient_clip: request.gradient_clip.unwrap_or(default.gradient_clip),
            weight_decay: request.weight_decay.unwrap_or(default.weight_decay),
            dropout: request.dropout.unwrap_or(default.dropout),
            precision: request.precision.unwrap_or(default.precision),
            patience: request.patience.unwrap_or(DEFAULT_PATIENCE),
            validation_steps: request.validation_steps,
            max_samples: Some(request.max_samples()),
            skip_self_check: request.skip_self_check.unwrap_or(default.skip_self_check),
        };
        check_range("warmupSteps", chosen.warmup_steps, 0, 100_000, "it is 0 to 100 000 steps")?;
        check_range("accumulationSteps", chosen.accumulation_steps, 1, 256, "a step has 1 to 256 batches")?;
        let tokens = chosen.batch_tokens.unwrap_or(u32::MAX);
        check_range("batchTokens", tokens, 16, u32::MAX, "a batch has 16 tokens or more")?;
        let clip = chosen.gradient_clip;
        check_number("gradientClip", clip, clip.is_finite() && clip >= 0.0, "it is above 0, or 0 for none")?;
        let decay = chosen.weight_decay;
        check_number("weightDecay", decay, (0.0..=1.0).contains(&decay), "it is 0 to 1")?;
        let dropout = chosen.dropout;
        check_number("dropout", dropout, (0.0..1.0).contains(&dropout), "it is at least 0 and below 1")?;
        check_range("patience", chosen.patience, 0, 1000, "it is 0 to 1000 evaluations")?;
        let steps = chosen.validation_steps.unwrap_or(1);
        check_range("validationSteps", steps, 1, 1_000_000, "it is 1 to 1 000 000 steps")?;
        Ok(chosen)
    }
}

/// Refuses what the method or the adapter to begin with does not have.
fn refuse(given: &[(&'static str, bool)], reason: &'static str) -> Result<()> {
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((field, _)) => Err(Error::InvalidField { field, value: "set".to_owned(), reason }),
        None => Ok(()),
    }
}

/// Where a kind is the adapter's own, only the very same may be asked for.
const OF_THE_START: &str = "startFrom names an adapter that is of another kind; leave it out";

fn lora(request: &RunRequest, method: Method, start: Option<&AdapterKind>) -> Result<Option<LoraDimensions>> {
    if method != Method::Lora {
        let given = [
            ("loraRank", request.lora_rank.is_some()),
            ("loraAlpha", request.lora_alpha.is_some()),
            ("loraTargets", request.lora_targets.is_some()),
        ];
        return refuse(&given, "only the method lora has it").map(|()| None);
    }
    if let Some(AdapterKind::Lora(settings)) = start {
        let targets = LoraTarget::ALL.into_iter().filter(|target| settings.targets.contains(target));
        let dimensions = LoraDimensions {
            rank: settings.rank as u32,
            alpha: settings.alpha,
            targets: targets.map(|target| target.name().to_owned()).collect(),
        };
        let differ = |given: &Option<Vec<String>>| {
            given.as_ref().is_some_and(|given| {
                given.len() != dimensions.targets.len()
                    || given.iter().any(|name| !dimensions.targets.contains(name))
            })
        };
        let given = [
            ("method", request.method.is_some_and(|given| given != method)),
            ("loraRank", request.lora_rank.is_some_and(|given| given != dimensions.rank)),
            ("loraAlpha", request.lora_alpha.is_some_and(|given| given != dimensions.alpha)),
            ("loraTargets", differ(&request.lora_targets)),
        ];
        return refuse(&given, OF_THE_START).map(|()| Some(dimensions));
    }
    let defaults = LoraSettings::default();
    let rank = request.lora_rank.unwrap_or(defaults.rank as u32);
    check_range("loraRank", rank, 1, 256, "a rank is 1 to 256")?;
    let alpha = request.lora_alpha.unwrap_or(f64::from(rank) * 2.0);
    check_number("loraAlpha", alpha, alpha > 0.0 && alpha <= 1024.0, "it is above 0 and at most 1024")?;
    let targets = request
        .lora_targets
        .clone()
        .unwrap_or_else(|| defaults.targets.iter().map(|target| target.name().to_owned()).collect());
    let unknown = targets.iter().find(|name| LoraTarget::from_name(name).is_none());
    if targets.is_empty() || unknown.is_some() {
        let value = unknown.map_or_else(|| "empty".to_owned(), |name| format!("{name:?}"));
        let reason = "the targets are some of q, k, v, o, wi_0, wi_1, wo";
        return Err(Error::InvalidField { field: "loraTargets", value, reason });
    }
    Ok(Some(LoraDimensions { rank, alpha, targets }))
}

fn prompt(request: &RunRequest, method: Method, start: Option<&AdapterKind>) -> Result<PromptDimensions> {
    let of_the_start = [
        ("initialPrompt", request.initial_prompt.is_some()),
        ("initialText", request.initial_text.is_some()),
    ];
    if method != Method::SoftPrompt {
        refuse(&[("promptRows", request.prompt_rows.is_some())], "only the method soft-prompt has it")?;
        return refuse(&of_the_start, "only the method soft-prompt has it")
            .map(|()| PromptDimensions::default());
    }
    if let Some(AdapterKind::SoftPrompt { rows }) = start {
        let rows = *rows as u32;
        let given = [
            ("method", request.method.is_some_and(|given| given != method)),
            ("promptRows", request.prompt_rows.is_some_and(|given| given != rows)),
        ];
        refuse(&given, OF_THE_START)?;
        refuse(&of_the_start, "startFrom says where it starts; leave one of them out")?;
        return Ok(PromptDimensions { rows, ..PromptDimensions::default() });
    }
    let rows = request.prompt_rows.unwrap_or(PromptDimensions::default().rows);
    check_range("promptRows", rows, 1, 200, "a soft prompt has 1 to 200 rows")?;
    let implied = if request.initial_text.is_some() { InitialPrompt::Text } else { InitialPrompt::Outputs };
    let initial = request.initial_prompt.unwrap_or(implied);
    let invalid = |value: String, reason| Err(Error::InvalidField { field: "initialText", value, reason });
    match (initial, request.initial_text.as_deref()) {
        (InitialPrompt::Text, None) => {
            return invalid("absent".to_owned(), "initialPrompt is text, so there must be one");
        }
        (InitialPrompt::Text, Some(text)) if text.trim().is_empty() => {
            return invalid("empty".to_owned(), "it is a few words that say the task");
        }
        (InitialPrompt::Text, Some(text)) if text.chars().count() > LONGEST_INITIAL_TEXT => {
            let value = format!("{} characters long", text.chars().count());
            return invalid(value, "it is a few words that say the task, at most 10 000 characters");
        }
        (InitialPrompt::Text, Some(_)) | (_, None) => {}
        (_, Some(_)) => return invalid("set".to_owned(), "only the initial prompt text has it"),
    }
    Ok(PromptDimensions { rows, initial, text: request.initial_text.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(request: RunRequest) -> Option<&'static str> {
        Hyperparameters::chosen(&request, 1, None).err().and_then(|error| error.field())
    }

    #[test]
    fn impossible_hyperparameters_are_refused_by_field() {
        let default = RunRequest::default;
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(refused(default()), None);
        let cases = [
            (RunRequest { epochs: Some(0), ..default() }, "epochs"),
            (RunRequest { batch_size: Some(0), ..default() }, "batchSize"),
            (RunRequest { learning_rate: Some(f64::NAN), ..default() }, "learningRate"),
            (RunRequest { target_max_tokens: Some(1), ..default() }, "targetMaxTokens"),
            (RunRequest { prompt_rows: Some(201), ..default() }, "promptRows"),
            (RunRequest { prompt_rows: Some(5), method: Some(Method::Lora), ..default() }, "promptRows"),
            (RunRequest { initial_prompt: Some(InitialPrompt::Text), ..default() }, "initialText"),
            (RunRequest { initial_text: text(" "), ..default() }, "initialText"),
            (
                RunRequest {
                    initial_text: text("a"),
                    initial_prompt: Some(InitialPrompt::Random),
                    ..default()
                },
                "initialText",
            ),
            (RunRequest { lora_rank: Some(4), ..default() }, "loraRank"),
            (RunRequest { accumulation_steps: Some(257), ..default() }, "accumulationSteps"),
            (RunRequest { batch_tokens: Some(15), ..default() }, "batchTokens"),
            (RunRequest { gradient_clip: Some(f64::INFINITY), ..default() }, "gradientClip"),
            (RunRequest { weight_decay: Some(1.5), ..default() }, "weightDecay"),
            (RunRequest { dropout: Some(1.0), ..default() }, "dropout"),
            (RunRequest { patience: Some(1001), ..default() }, "patience"),
            (RunRequest { validation_steps: Some(0), ..default() }, "validationSteps"),
            (RunRequest { warmup_steps: Some(100_001), ..default() }, "warmupSteps"),
        ];
        for (request, field) in cases {
            assert_eq!(refused(request.clone()), Some(field), "{request:?}");
        }
    }

    #[test]
    fn a_text_to_start_from_needs_no_further_word() {
        let request = RunRequest { initial_text: Some("Answer briefly".to_owned()), ..RunRequest::default() };
        let chosen = Hyperparameters::chosen(&request, 1, None).unwrap();
        assert_eq!(chosen.prompt.initial, InitialPrompt::Text);
    }

    #[test]
    fn an_adapter_to_begin_with_decides_what_is_trained() {
        let kind = AdapterKind::Lora(LoraSettings { rank: 4, alpha: 8.0, ..LoraSettings::default() });
        let chosen = |request: RunRequest| Hyperparameters::chosen(&request, 1, Some(&kind));
        let lora = chosen(RunRequest::default()).unwrap().lora.unwrap();
        assert_eq!((lora.rank, lora.alpha, lora.targets), (4, 8.0, vec!["q".to_owned(), "v".to_owned()]));
        let same = RunRequest { lora_rank: Some(4), method: Some(Method::Lora), ..RunRequest::default() };
        assert!(chosen(same).is_ok());
        let other = RunRequest { lora_rank: Some(8), ..RunRequest::default() };
        assert_eq!(chosen(other).unwrap_err().field(), Some("loraRank"));
        let other = RunRequest { method: Some(Method::SoftPrompt), ..RunRequest::default() };
        assert_eq!(chosen(other).unwrap_err().field(), Some("method"));
    }
}
