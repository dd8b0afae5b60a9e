//! What the environment says: variables of the process, and those that `.env.local` in the data folder adds.
//!
//! Not here: what a variable means (`settings`, `bases`). The process's own environment is read and never changed.
//! Invariants: a variable of the process goes before one of the file; an empty value counts as none; no `Debug`
//! output holds a value.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The file in the data folder.
const FILE: &str = ".env.local";
/// Far more than any list of variables; what is larger is not one.
const LARGEST_FILE: u64 = 64 << 10;

pub(crate) const DATA_FOLDER: &str = "ATTUNE_DATA_DIR";
pub(crate) const LOG: &str = "ATTUNE_LOG";
pub(crate) const KERNEL: &str = "ATTUNE_KERNEL";
pub(crate) const HF_HOME: &str = "HF_HOME";
pub(crate) const HF_ENDPOINT: &str = "HF_ENDPOINT";
pub(crate) const HF_TOKEN: &str = "HF_TOKEN";
pub(crate) const HF_HUB_OFFLINE: &str = "HF_HUB_OFFLINE";
pub(crate) const OPENAI_API_KEY: &str = "OPENAI_API_KEY";
/// Whose key that is, where it is not OpenAI's own.
pub(crate) const OPENAI_BASE_URL: &str = "OPENAI_BASE_URL";

/// Variables whose values are secrets: shown nowhere, masked in the log.
const SECRETS: [&str; 4] = [HF_TOKEN, "HUGGING_FACE_HUB_TOKEN", OPENAI_API_KEY, "CRON_SECRET"];

/// What Attune reads begins so; the rest of the environment is none of its business.
const PREFIXES: [&str; 2] = ["ATTUNE_", "HF_"];

/// The variables that count in this process.
#[derive(Clone, Default)]
pub struct Environment {
    process: BTreeMap<String, OsString>,
    file: BTreeMap<String, String>,
    path: Option<PathBuf>,
    problems: Vec<String>,
}

/// One variable that is set.
#[derive(Clone, Copy)]
pub(crate) struct Variable<'e> {
    pub(crate) value: &'e OsStr,
    /// The file that sets it; absent for one of the process.
    pub(crate) file: Option<&'e Path>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.process.keys().chain(self.file.keys()).map(String::as_str).collect();
        formatter.debug_struct("Environment").field("names", &names).finish_non_exhaustive()
    }
}

impl Environment {
    /// The variables of this process alone, for what is asked before there is a data folder.
    pub fn of_process() -> Self {
        let wanted = |name: &str| {
            PREFIXES.iter().any(|prefix| name.starts_with(prefix))
                || SECRETS.contains(&name)
                || name == OPENAI_BASE_URL
        };
        let process = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, value)| wanted(name) && !value.is_empty())
            .collect();
        Self { process, ..Self::default() }
    }

    /// These variables, and those that `.env.local` in `folder` adds. What cannot be read there is a
    /// [problem](Self::problems), not an error: it must keep nobody from starting.
    pub fn with_file_in(mut self, folder: &Path) -> Self {
        let path = folder.join(FILE);
        match read(&path) {
            Ok(Some(text)) => {
                let (file, problems) = variables(&text);
                self.problems.extend(
                    problems.into_iter().map(|(line, why)| format!("{}, line {line}: {why}", path.display())),
                );
                if file.contains_key(DATA_FOLDER) {
                    let path = path.display();
                    self.problems.push(format!("{path} lies in the data folder, so it cannot name another"));
                }
                self.file = file;
                self.path = Some(path);
            }
            Ok(None) => {}
            Err(why) => self.problems.push(format!("{} was not read: {why}", path.display())),
        }
        self
    }

    /// What was wrong with `.env.local`, a sentence each, without a value.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The values that must not be shown anywhere.
    pub fn secrets(&self) -> Vec<Vec<u8>> {
        SECRETS
            .iter()
            .flat_map(|name| {
                let process = self.process.get(*name).map(|value| value.clone().into_encoded_bytes());
                let file = self.file.get(*name).map(|value| value.clone().into_bytes());
                process.into_iter().chain(file)
            })
            .map(|secret| secret.trim_ascii().to_owned())
            .filter(|secret| !secret.is_empty())
            .collect()
    }

    /// The Hugging Face cache that other tools share: `hub` in `HF_HOME`, else in the usual place.
    pub fn hub_cache(&self) -> PathBuf {
        self.hugging_face_home().join("hub")
    }

    pub(crate) fn hugging_face_home(&self) -> PathBuf {
        self.get(HF_HOME).map_or_else(
            || std::env::home_dir().unwrap_or_default().join(".cache").join("huggingface"),
            |variable| PathBuf::from(variable.value),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Option<Variable<'_>> {
        let of_file = || {
            let value = self.file.get(name).filter(|_| name != DATA_FOLDER)?;
            Some(Variable { value: OsStr::new(value), file: self.path.as_deref() })
        };
        self.process.get(name).map(|value| Variable { value, file: None }).or_else(of_file)
    }

    /// The trimmed value as text; `None` where it is not Unicode or empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.value.to_str().map(str::trim).filter(|value| !value.is_empty())
    }

    #[cfg(test)]
    pub(crate) fn with(name: &str, value: &str) -> Self {
        let mut environment = Self::default();
        environment.process.insert(name.to_owned(), value.into());
        environment
    }
}

fn read(path: &Path) -> Result<Option<String>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let mut text = String::new();
    // One byte more tells a file that is too large from one that just fits.
    file.take(LARGEST_FILE + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > LARGEST_FILE {
        return Err("it is larger than 64 KiB".to_owned());
    }
    Ok(Some(text))
}

/// Lines of `NAME=value`, with or without `export` before it and quotes around the value; `#` begins a comment.
/// What is none of that comes back with its line number.
fn variables(text: &str) -> (BTreeMap<String, String>, Vec<(usize, &'static str)>) {
    let mut found = BTreeMap::new();
    let mut problems = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        match line.split_once('=') {
            Some((name, value)) if is_name(name.trim()) => match unquoted(value.trim()) {
                Some("") => {}
                Some(value) => {
                    found.insert(name.trim().to_owned(), value.to_owned());
                }
                None => problems.push((index + 1, "a quote is opened and not closed")),
            },
            _ => problems.push((index + 1, "this is not NAME=value")),
        }
    }
    (found, problems)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The value without its quotes, or without the comment after it; `None` where a quote stays open.
fn unquoted(value: &str) -> Option<&str> {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split_once(quote).map(|(inside, _)| inside);
        }
    }
    Some(value.split_once(" #").map_or(value, |(before, _)| before.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_variables_is_read_as_people_write_it_and_the_rest_is_told_by_its_line() {
        let text = "\u{feff}# mine\nHF_TOKEN=hf_a\r\nexport HF_HOME='/a b/c'\nHF_ENDPOINT=\"https://x\" # y\n\
                    EMPTY=\nHF_HUB_OFFLINE = 1 # on\nno equals\n9-9=1\nOPEN=\"x\n";
        let (found, problems) = variables(text);
        let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            found,
            [
                ("HF_ENDPOINT", "https://x"),
                ("HF_HOME", "/a b/c"),
                ("HF_HUB_OFFLINE", "1"),
                ("HF_TOKEN", "hf_a")
            ]
        );
        assert_eq!(problems.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [7, 8, 9]);
    }

    #[test]
    fn the_process_goes_before_the_file_and_every_secret_of_both_is_known() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join(FILE),
            "HF_TOKEN=of_the_file\nHF_ENDPOINT=https://file.example\nATTUNE_DATA_DIR=/elsewhere\n",
        )
        .unwrap();
        let environment = Environment::with(HF_TOKEN, "of_the_process").with_file_in(folder.path());
        assert_eq!(environment.text(HF_TOKEN), Some("of_the_process"));
        assert_eq!(environment.text(HF_ENDPOINT), Some("https://file.example"));
        assert!(environment.get(HF_ENDPOINT).unwrap().file.unwrap().ends_with(FILE));
        assert_eq!(environment.secrets(), [b"of_the_process".to_vec(), b"of_the_file".to_vec()]);
        assert!(environment.get(DATA_FOLDER).is_none());
        assert_eq!(environment.problems().len(), 1, "{:?}", environment.problems());
        let shown = format!("{environment:?}");
        assert!(shown.contains(HF_TOKEN) && !shown.contains("of_the"), "{shown}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_problem_and_no_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Environment::default().with_file_in(folder.path()).problems().len(), 0);
        std::fs::write(folder.path().join(FILE), vec![b'#'; LARGEST_FILE as usize + 1]).unwrap();
        assert_eq!(Environment::default().with_file_in(folder.path()).problems().len(), 1);
        std::fs::write(folder.path().join(FILE), [0xff, 0xfe]).unwrap();
        assert_eq!(Environment::default().with_file_in(folder.path()).problems().len(), 1);
    }
}
