//! The way out of each error: what the person can do next.

use super::Error;

impl Error {
    /// What the person can do next, as one sentence.
    pub fn hint(&self) -> Option<String> {
        let words = match self {
            Self::SourceMissing { .. } => "Check the path, or choose another database.",
            Self::SourceNotAFile { .. } => "Choose the database file itself.",
            Self::SourceUnreadable { .. } => "Check that you may read the file.",
            Self::SourceNotSqlite { .. } => {
                "Choose an Ask AI database: a SQLite file with a table ask_ai_queries."
            }
            Self::SourceLocked { .. } => "Close the program that is writing to it, then try again.",
            Self::SourceCorrupt { .. } => {
                "Restore the file from a backup, or export what is left of it with `sqlite3 FILE .recover`."
            }
            Self::NoAskAiTable { .. } | Self::NoAskAiColumn { .. } => {
                "Choose an Ask AI database: it has a table ask_ai_queries with original_query and suggestions."
            }
            Self::NoUsableRow { .. } => {
                "A usable row has a query and a JSON list of suggestions with a description."
            }
            Self::NoSourceChosen => {
                "Set softPromptDatabasePath with PUT /api/v1/settings, or start a run with a database from \
                 the Train page or `attune train --db-path FILE`."
            }
            Self::UnknownSample { known, .. } => {
                return Some(format!("There is: {}.", known.join(", ")));
            }
            Self::InField { source, .. } => return source.hint(),
            Self::DataUnreadable { .. } => "Check that you may read the file.",
            Self::SourceEmpty { .. } => "Choose a file that has rows, or check that it was saved.",
            Self::SourceRefused { way_out, .. } => way_out,
            Self::NoTwoColumns { .. } => {
                "Write one JSON object per line, as {\"input\": \"...\", \"output\": \"...\"}, or two columns \
                 under the header input,output."
            }
            Self::TooManyColumns { .. } => {
                "Begin the file with a header that has input and output, or prompt and completion."
            }
            Self::NoExampleTable { .. } => {
                "Choose an Ask AI database, or one whose table has the columns input and output."
            }
            Self::NoUsableExample { .. } => {
                "A usable row has an input and an output (or prompt and completion, or chat messages), both with \
                 words in them."
            }
            Self::UnknownBase { known, name } => {
                let fetch = match name.split_once('/') {
                    Some((owner, name)) if !owner.is_empty() && !name.contains('/') => {
                        format!("Fetch it with `attune models fetch {owner}/{name}`. Or use")
                    }
                    _ => "Use".to_owned(),
                };
                return Some(format!(
                    "{fetch} {}, or a folder that holds config.json, model.safetensors and tokenizer.json.",
                    known.join(", ")
                ));
            }
            Self::BaseUnreadable { .. } => {
                "A base model folder holds config.json, model.safetensors and tokenizer.json, each whole; fetch \
                 or copy it again."
            }
            Self::BaseIncomplete { file: "tokenizer.json", .. } => {
                "Take tokenizer.json from the same model, or make it with transformers: \
                 `AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)`."
            }
            Self::BaseIncomplete { .. } => {
                "A base model holds config.json, model.safetensors and tokenizer.json; take all from one model."
            }
            Self::BaseWithForeignWeights { .. } => {
                "Convert it where you trust it, with transformers: \
                 `AutoModelForSeq2SeqLM.from_pretrained(MODEL).save_pretrained(FOLDER, safe_serialization=True)`, \
                 then use that folder."
            }
            Self::BaseInPieces { .. } => {
                "Choose a smaller model, or save it again in one piece with a larger max_shard_size."
            }
            Self::Fetch(error) => error.hint(),
            Self::Endpoint(error) => error.hint(),
            Self::ChatFile { .. } => {
                "Pick a GGUF file of a chat model of the Llama 3, SmolLM, Qwen 2 or Qwen 3 family, and fetch it again if it is \
                 torn."
            }
            Self::ChatMemory { .. } => {
                "Close other programs, or pick a smaller model or one with fewer bits."
            }
            Self::Batch(error) => error.hint(),
            Self::UnknownGenre { known, .. } => {
                return Some(format!("There are: {}.", known.join(", ")));
            }
            Self::ContentRefused { .. } => "Install Attune again; your own genres belong in the data folder.",
            Self::AnswererPanicked => "The log has the details; ask again.",
            Self::AnswererStart { .. } => "Close other programs and ask again.",
            Self::GeneratorPanicked => "The log has the details; continue the batch.",
            Self::AdapterMissing { .. } => {
                "Give the folder of a finished run, or the name `latest` in its output folder."
            }
            Self::AdapterPickled { .. } => {
                "Convert it where you trust it, with PEFT: load the adapter and call \
                 `model.save_pretrained(FOLDER, safe_serialization=True)`, then use that folder."
            }
            Self::AdapterBaseMissing { named: Some(name), .. } => {
                return Some(match name.split_once('/') {
                    Some((owner, rest))
                        if !owner.is_empty() && !owner.starts_with('.') && !rest.contains('/') =>
                    {
                        format!(
                            "Fetch it with `attune models fetch {name}`, or name its folder with --base-model."
                        )
                    }
                    _ => "Name the base that it was trained on with --base-model.".to_owned(),
                });
            }
            Self::AdapterBaseMissing { named: None, .. } => {
                "Name the base that it was trained on with --base-model."
            }
            Self::AdapterRefused { source, .. } => refused_adapter_hint(source),
            Self::ServedAdapter { .. } => {
                "Train one, ask the base alone (--base-only, in the API \"adapter\": null), or switch \
                 softPromptEnabled off with PUT /api/v1/settings."
            }
            Self::BaseNotPublished { .. } => "Give it another name with --name, or fetch the published one.",
            Self::BaseNameTaken { .. } => "Give it another name with --name.",
            Self::ExportFolderTaken { .. } => "Choose an empty or a new folder; nothing is overwritten.",
            Self::SoftPromptNotMerged { .. } => {
                "Export it without merging: PEFT loads the folder beside its base."
            }
            Self::NoRoom { .. } => "Free some space there, or choose a place on another disk.",
            Self::AdapterIncomplete { .. } | Self::AdapterDamaged { .. } => {
                "Use the adapter of another run, or train again."
            }
            Self::AdapterOfAnotherBase { .. } => {
                "Name the base that it was trained on, or leave the base out."
            }
            Self::OutputUnwritable { .. } => "Choose a folder that you may write to.",
            Self::RunDirectoryTaken { .. } => "Choose another run id or run directory.",
            Self::LatestIsNotOurs { .. } => "Move that folder away, or choose another output folder.",
            Self::RunStillActive { .. } => "Cancel it first.",
            Self::RunStillQueued { .. } => "Cancel it.",
            Self::NothingToResume { .. } => {
                "Go on from a run that was stopped, interrupted or failed after its first epoch, or start a new one."
            }
            Self::BaseChanged { .. } => {
                "Put the files of that base back, or start a new run, from its adapter if it has one."
            }
            Self::CheckpointRefused { .. } => "Start a new run.",
            Self::Training {
                source:
                    attune_tuning::Error::NothingLearned { .. } | attune_tuning::Error::NothingChanged { .. },
            } => "To train all the same, skip the check: `--skip-self-check`, or skipSelfCheck in a request.",
            Self::UnknownFeedback { .. } => {
                "It may have been taken back already; GET /api/v1/feedback and /api/v1/votes list what is kept."
            }
            Self::RunActive { .. } => "Wait until it has ended, or cancel it.",
            Self::TooFewExamples { .. } => {
                "Generate more on the Generate page or with `attune auto-train`, or accept some that were rejected."
            }
            Self::UnknownDataset { .. } => "GET /api/v1/datasets lists those there are.",
            Self::DatasetChanged { .. } => {
                "Freeze the examples once more: tune again, which makes a new dataset."
            }
            Self::NothingHeldOut { .. } => {
                "Train on 50 rows or more: then about one of five is held out to judge by."
            }
            Self::HeldOutMissing { .. } | Self::HeldOutChanged { .. } => {
                "Train again on the same rows; each run keeps those it held out."
            }
            Self::RunHasNoAdapter { .. } => "Choose a completed run.",
            Self::NoHomeFolder => "Choose a data folder with --data-dir or ATTUNE_DATA_DIR.",
            Self::DataFolder { .. } => {
                "Check the disk and the rights of the folder, or choose another with --data-dir."
            }
            Self::DatabaseNewer { .. } => "Install the newer Attune again, or choose another --data-dir.",
            Self::Migration { .. } => {
                "The database was backed up beside itself before the upgrade; report this with the log."
            }
            Self::Database { source, .. } if is_want_of_room(source) => {
                "Make room on the disk of the data folder, which `attune doctor` names, then try again."
            }
            Self::Write { .. } => "Check that the disk has room and that you may write there.",
            _ => return None,
        };
        Some(words.to_owned())
    }
}

/// The way out for an adapter that was understood and cannot be used.
fn refused_adapter_hint(reason: &attune_tuning::Error) -> &'static str {
    use attune_tuning::Error as Reason;
    match reason {
        Reason::PeftSetting { .. } | Reason::PeftUnsupported { .. } => {
            "Attune reads prompt tuning and plain LoRA for sequence-to-sequence models. With PEFT such an adapter \
             can be merged into its base (`merge_and_unload`), and that folder used as a base."
        }
        Reason::PeftTensorShape { .. } | Reason::AdapterWidth { .. } | Reason::LoraOfAnotherBase { .. } => {
            "Name the base that it was trained on with --base-model."
        }
        Reason::PeftForeignTensor { .. } | Reason::PeftMissingTensor { .. } => {
            "Name the base that it was trained on with --base-model, or export the adapter again."
        }
        _ => "Export the adapter again, or use another one.",
    }
}

/// Whether a database could not be written for want of room, or of the right to write.
fn is_want_of_room(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly, SystemIoFailure};
    matches!(error.sqlite_error_code(), Some(DiskFull | SystemIoFailure | ReadOnly | CannotOpen))
}
