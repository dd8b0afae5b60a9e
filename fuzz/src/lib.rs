//! Each reader of foreign files, as a function from bytes to what it says about them.
//!
//! `cargo xtask fuzz` feeds them bytes that nobody meant for them, guided by what those reach. The tests here
//! feed them what is kept in `seeds/`: files to begin from, and files that once broke a reader.
//! Invariant: whatever the bytes are, a reader returns a value or a typed error; it does not panic, hang, or take
//! memory out of proportion to the file.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use attune_engine::{AdapterFolder, Bases, Error, RemoteModel, inspect_source};
use attune_tuning::peft::{self, PeftFiles};
use attune_tuning::{BaseModel, BaseModelFiles, ChatFile, Checkpoint};
use tempfile::TempDir;

/// One reader; its seeds lie in `seeds/` below its name.
#[derive(Debug)]
pub struct Reader {
    pub name: &'static str,
    /// What it says: nothing wrong, or its error.
    pub read: fn(&[u8]) -> Result<(), String>,
}

/// Every reader of files that Attune did not write itself, or that others may have changed since.
pub const READERS: [Reader; 12] = [
    Reader { name: "source_text", read: source_text },
    Reader { name: "source_database", read: source_database },
    Reader { name: "base_config", read: base_config },
    Reader { name: "base_weights", read: base_weights },
    Reader { name: "base_tokenizer", read: base_tokenizer },
    Reader { name: "peft_config", read: peft_config },
    Reader { name: "peft_weights", read: peft_weights },
    Reader { name: "training_record", read: training_record },
    Reader { name: "latest_pointer", read: latest_pointer },
    Reader { name: "checkpoint", read: checkpoint },
    Reader { name: "hub_answer", read: hub_answer },
    Reader { name: "chat_model", read: chat_model },
];

const CONFIG: &[u8] = include_bytes!("../../tests/fixtures/tiny_t5/config.json");
const WEIGHTS: &[u8] = include_bytes!("../../tests/fixtures/tiny_t5/model.safetensors");
const TOKENIZER: &[u8] = include_bytes!("../../tests/fixtures/tiny_t5/tokenizer.json");
const LORA_CONFIG: &[u8] = include_bytes!("../../tests/fixtures/tiny_t5/peft_lora/adapter_config.json");
const LORA: &[u8] = include_bytes!("../../tests/fixtures/tiny_t5/peft_lora/adapter_model.safetensors");
const PROMPT_CONFIG: &[u8] = include_bytes!("../../tests/fixtures/tiny_t5/peft_the_rows/adapter_config.json");
const PROMPT: &[u8] = include_bytes!("../../tests/fixtures/tiny_t5/peft_the_rows/adapter_model.safetensors");
/// As many rows as a training takes.
const MOST_ROWS: u32 = 2000;

impl Reader {
    pub fn named(name: &str) -> Option<&'static Self> {
        const READERS_BY_NAME: &[Reader] = &READERS;
        READERS_BY_NAME.iter().find(|reader| reader.name == name)
    }
}

/// JSON lines, chats and CSV, under both names: what begins like neither is taken for what its name says.
fn source_text(bytes: &[u8]) -> Result<(), String> {
    let lines = in_folder(&[("rows.jsonl", bytes)], |folder| inspect(&folder.join("rows.jsonl")))?;
    let table = in_folder(&[("rows.csv", bytes)], |folder| inspect(&folder.join("rows.csv")))?;
    lines.or(table)
}

/// Ask AI databases and other tables.
fn source_database(bytes: &[u8]) -> Result<(), String> {
    in_folder(&[("source.db", bytes)], |folder| inspect(&folder.join("source.db")))?
}

fn inspect(path: &Path) -> Result<(), String> {
    inspect_source(path, MOST_ROWS).map(drop).map_err(said)
}

fn base_config(bytes: &[u8]) -> Result<(), String> {
    base(bytes, WEIGHTS, TOKENIZER).map(drop)
}

/// As a training loads them, and as a listing of the bases counts them.
fn base_weights(bytes: &[u8]) -> Result<(), String> {
    let files = [
        ("bases.json", br#"{"bases": []}"#.as_slice()),
        ("attune-mini/config.json", CONFIG),
        ("attune-mini/tokenizer.json", TOKENIZER),
        ("attune-mini/model.safetensors", bytes),
    ];
    let listed = in_folder(&files, |folder| {
        Bases::new(folder.to_owned(), folder.join("hub")).summaries().map(drop).map_err(said)
    })?;
    base(CONFIG, bytes, TOKENIZER).map(drop).and(listed)
}

/// And a text through what it makes of it.
fn base_tokenizer(bytes: &[u8]) -> Result<(), String> {
    let base = base(CONFIG, WEIGHTS, bytes)?;
    let tokens = base.tokenizer().encode("Light for the hall?", 32).map_err(|error| error.to_string())?;
    base.tokenizer().decode(&tokens).map(drop).map_err(|error| error.to_string())
}

/// Beside the weights of each kind of adapter.
fn peft_config(bytes: &[u8]) -> Result<(), String> {
    peft_adapter(bytes, PROMPT).or_else(|_| peft_adapter(bytes, LORA))
}

/// Beside the configuration of each kind of adapter.
fn peft_weights(bytes: &[u8]) -> Result<(), String> {
    peft_adapter(PROMPT_CONFIG, bytes).or_else(|_| peft_adapter(LORA_CONFIG, bytes))
}

fn peft_adapter(config: &[u8], model: &[u8]) -> Result<(), String> {
    static BASE: LazyLock<Result<BaseModel, String>> = LazyLock::new(|| base(CONFIG, WEIGHTS, TOKENIZER));
    let base = BASE.as_ref().map_err(String::clone)?;
    let files = PeftFiles { adapter_config: config.to_vec(), adapter_model: model.to_vec() };
    peft::decode(&files, base).map(drop).map_err(|error| error.to_string())
}

fn training_record(bytes: &[u8]) -> Result<(), String> {
    let files = [
        ("adapter_config.json", PROMPT_CONFIG),
        ("adapter_model.safetensors", PROMPT),
        ("tokenizer.json", TOKENIZER),
        ("training_run.json", bytes),
    ];
    in_folder(&files, |folder| AdapterFolder::open(folder).map(drop).map_err(said))?
}

/// The small file that is `latest` where there are no links.
fn latest_pointer(bytes: &[u8]) -> Result<(), String> {
    let record = include_bytes!("../seeds/training_record/valid.json");
    let files = [
        ("run/adapter_config.json", PROMPT_CONFIG),
        ("run/adapter_model.safetensors", PROMPT),
        ("run/tokenizer.json", TOKENIZER),
        ("run/training_run.json", record),
        ("latest", bytes),
    ];
    in_folder(&files, |folder| AdapterFolder::open(&folder.join("latest")).map(drop).map_err(said))?
}

fn checkpoint(bytes: &[u8]) -> Result<(), String> {
    Checkpoint::decode(bytes).map(drop).map_err(|error| error.to_string())
}

/// What a hub says of a model's files.
fn hub_answer(bytes: &[u8]) -> Result<(), String> {
    RemoteModel::from_json("google/flan-t5-small", bytes).map(drop).map_err(said)
}

/// A GGUF file: its description, and its weights where that is one.
fn chat_model(bytes: &[u8]) -> Result<(), String> {
    let mut reader = Cursor::new(bytes);
    let file = ChatFile::read(&mut reader).map_err(|error| error.to_string())?;
    file.load(&mut reader).map(drop).map_err(|error| error.to_string())
}

fn base(config: &[u8], weights: &[u8], tokenizer: &[u8]) -> Result<BaseModel, String> {
    BaseModel::open(BaseModelFiles { config, weights: Arc::new(weights.to_vec()), tokenizer })
        .map_err(|error| error.to_string())
}

fn said(error: Error) -> String {
    attune_engine::with_reasons(&error)
}

/// What `work` makes of a folder that holds these files and nothing else.
///
/// # Errors
/// The folder cannot be written, which is no fault of a reader.
fn in_folder<T>(files: &[(&str, &[u8])], work: impl FnOnce(&Path) -> T) -> Result<T, String> {
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    for (name, bytes) in files {
        let path: PathBuf = folder.path().join(name);
        let parent = path.parent().unwrap_or(folder.path());
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, bytes));
        written.map_err(|error| error.to_string())?;
    }
    Ok(work(folder.path()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn seeds() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")
    }

    fn names(folder: &Path) -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn every_reader_has_seeds_and_all_seeds_a_reader() {
        let readers: BTreeSet<String> = READERS.iter().map(|reader| reader.name.to_owned()).collect();
        assert_eq!(names(&seeds()), readers);
    }

    #[test]
    fn every_reader_reads_its_valid_seeds_and_survives_what_once_broke_it() {
        for reader in &READERS {
            let folder = seeds().join(reader.name);
            let names = names(&folder);
            assert!(names.iter().any(|name| name.starts_with("valid")), "{} has no valid seed", reader.name);
            for name in names {
                let said = (reader.read)(&fs::read(folder.join(&name)).unwrap());
                assert_eq!(said.is_ok(), name.starts_with("valid"), "{}/{name}: {said:?}", reader.name);
            }
        }
    }
}
