//! `attune generate`: one question and its answer as it grows, or a file of questions.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use futures_util::StreamExt;

use super::client::{AnswerPart, Client};
use super::output::{Failure, print, print_piece, say};
use super::surroundings::Surroundings;
use super::train::{absolute, base_argument};
use crate::api::wire::{
    AnswerPrecision, Decoding, Generated, GeneratedAnswers, GenerationRequest, OwnerKind, PromptsRequest,
};
use crate::server::owner;

#[derive(Debug, Args)]
pub(super) struct GenerateArguments {
    /// What to answer
    #[arg(required_unless_present = "prompts")]
    prompt: Option<String>,
    /// A file with one prompt per line, answered together; one answer per line, its line ends written as \n
    #[arg(long, value_name = "FILE", conflicts_with = "prompt")]
    prompts: Option<PathBuf>,
    /// A run folder, `latest` in an output folder, or a folder of PEFT's [default: the one that the settings serve,
    /// else none]
    #[arg(long, value_name = "FOLDER")]
    adapter: Option<PathBuf>,
    /// Ask the base alone, whatever the settings serve
    #[arg(long, conflicts_with = "adapter")]
    base_only: bool,
    /// auto, a name, a hub id or a folder [default: the adapter's base, else auto]
    #[arg(long, value_name = "BASE")]
    base_model: Option<String>,
    #[command(flatten)]
    decoding: DecodingArguments,
    /// Print the answer as JSON, with what answered and how
    #[arg(long)]
    json: bool,
}

/// Without any of these the likeliest token is taken each time.
#[derive(Debug, Args)]
#[command(next_help_heading = "How to answer")]
struct DecodingArguments {
    /// Longest answer in tokens [default: 64]
    #[arg(long, value_name = "N")]
    max_new_tokens: Option<u32>,
    /// Shortest answer in tokens
    #[arg(long, value_name = "N")]
    min_new_tokens: Option<u32>,
    /// Draw tokens: below 1 bolder towards the likely, above it wilder
    #[arg(long, value_name = "X")]
    temperature: Option<f64>,
    /// Draw among so many of the likeliest tokens
    #[arg(long, value_name = "N")]
    top_k: Option<u32>,
    /// Draw among the likeliest tokens that together have this probability
    #[arg(long, value_name = "X")]
    top_p: Option<f64>,
    /// The same seed draws the same answer
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Follow so many answers at once and take the likeliest as a whole
    #[arg(long, value_name = "N")]
    beams: Option<u32>,
    /// With beams: above 0 prefers longer answers, below 0 shorter ones [default: 1]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    length_penalty: Option<f64>,
    /// Above 1 makes tokens that are in the answer already less likely
    #[arg(long, value_name = "X")]
    repetition_penalty: Option<f64>,
    /// No run of so many tokens comes twice
    #[arg(long, value_name = "N")]
    no_repeat_ngram_size: Option<u32>,
    /// A text that ends the answer and is no part of it; may be given several times
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    /// The numbers it is computed in; auto takes int8 where the processor is faster in it, else f32 [default: auto]
    #[arg(long, value_enum)]
    precision: Option<PrecisionArgument>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PrecisionArgument {
    Auto,
    F32,
    Bf16,
    Int8,
}

pub(super) async fn run(wanted: GenerateArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let json = wanted.json;
    let asked = wanted.into_question()?;
    let entered = owner::enter(surroundings.into_place(OwnerKind::Command, None)).await?;
    let client = Client(entered.door());
    let answered = match asked {
        Asked::One(question) if json || !std::io::stdout().is_terminal() => {
            answer(&client, &question, json).await
        }
        Asked::One(question) => stream(&client, &question).await,
        Asked::Several(question) => batch(&client, &question, json).await,
    };
    entered.leave().await;
    answered.map(|()| ExitCode::SUCCESS)
}

async fn answer(client: &Client<'_>, question: &GenerationRequest, json: bool) -> Result<(), Failure> {
    let answer: Generated = client.post("/api/v1/generate", Some(question)).await?;
    if json {
        return print(&serde_json::to_string_pretty(&answer).map_err(Failure::internal)?);
    }
    print(&answer.text)?;
    say_of(&answer);
    Ok(())
}

/// Shows the answer as it grows.
async fn stream(client: &Client<'_>, question: &GenerationRequest) -> Result<(), Failure> {
    let mut parts = client.answer(question).await?;
    let mut has_begun = false;
    while let Some(part) = parts.next().await {
        match part {
            Ok(AnswerPart::Piece(text)) => {
                has_begun = true;
                print_piece(&text)?;
            }
            Ok(AnswerPart::Whole(answer)) => {
                print_piece("\n")?;
                say_of(&answer);
                return Ok(());
            }
            Err(failure) => {
                if has_begun {
                    print_piece("\n")?;
                }
                return Err(failure);
            }
        }
    }
    Err(Failure::owner_gone("the answer broke off"))
}

async fn batch(client: &Client<'_>, question: &PromptsRequest, json: bool) -> Result<(), Failure> {
    let batch: GeneratedAnswers = client.post("/api/v1/generate/batch", Some(question)).await?;
    if json {
        return print(&serde_json::to_string_pretty(&batch).map_err(Failure::internal)?);
    }
    for answer in &batch.answers {
        print(&answer.text.replace('\\', "\\\\").replace('\n', "\\n"))?;
    }
    let tokens: u64 = batch.answers.iter().map(|answer| answer.new_tokens).sum();
    let by = by(batch.adapter_digest.as_deref(), batch.adapter_verified);
    let (base, count) = (&batch.base_model, batch.answers.len());
    say(&format!(
        "{base}{by}, {count} answers, {tokens} tokens in {:.0} ms{}",
        batch.milliseconds,
        seed(&batch.decoding)
    ));
    Ok(())
}

fn say_of(answer: &Generated) {
    let by = by(answer.adapter_digest.as_deref(), answer.adapter_verified);
    let (base, tokens, took) = (&answer.base_model, answer.new_tokens, answer.milliseconds);
    say(&format!("{base}{by}, {tokens} tokens in {took:.0} ms{}", seed(&answer.decoding)));
}

fn by(digest: Option<&str>, verified: Option<bool>) -> String {
    let unverified = if verified == Some(false) { " (not verified: it has no record of a run)" } else { "" };
    digest.map_or_else(String::new, |digest| format!(" with adapter {digest}{unverified}"))
}

fn seed(decoding: &Decoding) -> String {
    decoding.seed.map_or_else(String::new, |seed| format!(", drawn with --seed {seed}"))
}

/// What the arguments ask.
enum Asked {
    One(Box<GenerationRequest>),
    Several(Box<PromptsRequest>),
}

impl GenerateArguments {
    fn into_question(self) -> Result<Asked, Failure> {
        let adapter = match (&self.adapter, self.base_only) {
            (Some(adapter), _) => Some(Some(absolute(adapter)?)),
            (None, true) => Some(None),
            (None, false) => None,
        };
        let base_model = self.base_model.map(base_argument).transpose()?;
        let how = self.decoding;
        let one = GenerationRequest {
            prompt: self.prompt.unwrap_or_default(),
            run_id: None,
            adapter,
            base_model,
            max_new_tokens: how.max_new_tokens,
            min_new_tokens: how.min_new_tokens,
            temperature: how.temperature,
            top_k: how.top_k,
            top_p: how.top_p,
            seed: how.seed,
            beams: how.beams,
            length_penalty: how.length_penalty,
            repetition_penalty: how.repetition_penalty,
            no_repeat_ngram_size: how.no_repeat_ngram_size,
            stop: how.stop,
            precision: how.precision.map(|precision| match precision {
                PrecisionArgument::Auto => AnswerPrecision::Auto,
                PrecisionArgument::F32 => AnswerPrecision::F32,
                PrecisionArgument::Bf16 => AnswerPrecision::Bf16,
                PrecisionArgument::Int8 => AnswerPrecision::Int8,
            }),
        };
        Ok(match self.prompts {
            Some(file) => Asked::Several(Box::new(one.with_prompts(read_prompts(&file)?))),
            None => Asked::One(Box::new(one)),
        })
    }
}

/// The lines of a file that hold something.
fn read_prompts(file: &Path) -> Result<Vec<String>, Failure> {
    let unusable =
        |why: String| Failure::unusable(format!("could not read prompts from {}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
    let prompts: Vec<String> =
        text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    if prompts.is_empty() {
        return Err(unusable("there is no line in it".to_owned()).with_hint("Write one prompt per line."));
    }
    Ok(prompts)
}
