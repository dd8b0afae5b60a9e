//! A base model's folder: what it must hold, what is said where it does not, and reading it.
//!
//! Not here: whether the tensors fit the configuration; the mathematics says that when it loads them.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use attune_tuning::{BaseModel, BaseModelFiles};

use crate::{Error, Result};

pub(super) const WEIGHTS: &str = "model.safetensors";
pub(super) const NEEDED: [&str; 3] = ["config.json", WEIGHTS, "tokenizer.json"];
/// What adapters carry along where the base has it.
pub(super) const WELCOME: [&str; 3] = ["tokenizer_config.json", "special_tokens_map.json", "spiece.model"];
/// The tokenizer, in the folder of a base or of an adapter.
pub(crate) const TOKENIZER_FILES: [&str; 4] = ["tokenizer.json", WELCOME[0], WELCOME[1], WELCOME[2]];
/// Weights in forms that run code when they are read, or that need another framework.
const FOREIGN_WEIGHTS: [&str; 4] = ["pytorch_model.bin", "model.ckpt", "tf_model.h5", "flax_model.msgpack"];
const INDEX_OF_PIECES: &str = "model.safetensors.index.json";
const LONGEST_HEADER: u64 = 16 << 20;

/// Why what `has` these files is no base model that can be used; `None` if nothing is missing.
pub(super) fn refusal(name: &str, has: impl Fn(&str) -> bool) -> Option<Error> {
    let name = name.to_owned();
    if !has(WEIGHTS) {
        if has(INDEX_OF_PIECES) {
            return Some(Error::BaseInPieces { name });
        }
        if let Some(file) = FOREIGN_WEIGHTS.into_iter().find(|file| has(file)) {
            return Some(Error::BaseWithForeignWeights { name, file });
        }
    }
    let file = NEEDED.into_iter().find(|file| !has(file))?;
    Some(Error::BaseIncomplete { name, file })
}

/// Bytes of the files that make the base.
pub(super) fn size(folder: &Path) -> u64 {
    let files = NEEDED.iter().chain(&WELCOME);
    files.filter_map(|name| fs::metadata(folder.join(name)).ok()).map(|file| file.len()).sum()
}

/// Number of parameters by the header of the weights; the weights themselves are not read.
///
/// # Errors
/// [`Error::BaseUnreadable`] if the file is no safetensors file or shorter or longer than its header says.
pub(super) fn parameters(folder: &Path) -> Result<u64> {
    parameters_of(&folder.join(WEIGHTS))
}

/// As [`parameters`], of a file of weights wherever it lies.
///
/// # Errors
/// As [`parameters`].
pub(super) fn parameters_of(weights: &Path) -> Result<u64> {
    count_parameters(weights).map_err(|source| Error::BaseUnreadable { path: weights.to_owned(), source })
}

fn count_parameters(path: &Path) -> io::Result<u64> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut file = fs::File::open(path)?;
    let found = file.metadata()?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER {
        return Err(invalid("it is no safetensors file: its header would be too long".to_owned()));
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header)?;
    let tensors: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&header)?;
    let (mut parameters, mut end) = (0_u64, 0);
    for (name, tensor) in tensors.iter().filter(|(name, _)| *name != "__metadata__") {
        let shape = tensor["shape"].as_array().ok_or_else(|| invalid(format!("{name} has no shape")))?;
        let mut sides = shape.iter().filter_map(serde_json::Value::as_u64);
        parameters = sides
            .try_fold(1_u64, |product, side| product.checked_mul(side))
            .and_then(|values| parameters.checked_add(values))
            .ok_or_else(|| invalid(format!("{name} would not fit into any memory")))?;
        end = end.max(tensor["data_offsets"][1].as_u64().unwrap_or_default());
    }
    let promised = end.saturating_add(8 + length);
    if promised != found {
        return Err(invalid(format!("it has {found} bytes where its header promises {promised}")));
    }
    Ok(parameters)
}

/// The bytes of a base model folder.
#[derive(Debug)]
pub(crate) struct BaseFiles {
    config: Vec<u8>,
    weights: Vec<u8>,
    /// Name and content; `tokenizer.json` is the first.
    pub(crate) tokenizer_files: Vec<(String, Vec<u8>)>,
}

impl BaseFiles {
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|source| Error::BaseUnreadable { path, source })
        };
        let mut tokenizer_files = vec![("tokenizer.json".to_owned(), read("tokenizer.json")?)];
        for optional in WELCOME {
            if folder.join(optional).is_file() {
                tokenizer_files.push((optional.to_owned(), read(optional)?));
            }
        }
        Ok(Self { config: read("config.json")?, weights: read(WEIGHTS)?, tokenizer_files })
    }

    pub(crate) fn load(&self, folder: &Path) -> Result<BaseModel> {
        let files = BaseModelFiles {
            config: &self.config,
            weights: &self.weights,
            tokenizer: &self.tokenizer_files[0].1,
        };
        BaseModel::from_bytes(files).map_err(|source| Error::BaseRefused { path: folder.to_owned(), source })
    }

    /// Of all files that decide what a training on this base computes.
    pub(crate) fn digest(&self) -> String {
        let files = [&self.config, &self.weights, &self.tokenizer_files[0].1];
        let digests = files.map(|file| crate::artifacts::digest_of(file));
        crate::artifacts::digest_of(digests.concat().as_bytes())
    }

    /// Name and content of every file.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let tokenizer =
            self.tokenizer_files.iter().map(|(name, content)| (name.as_str(), content.as_slice()));
        [("config.json", self.config.as_slice()), (WEIGHTS, self.weights.as_slice())]
            .into_iter()
            .chain(tokenizer)
    }

    pub(crate) fn config(&self) -> &[u8] {
        &self.config
    }

    pub(crate) fn weights(&self) -> &[u8] {
        &self.weights
    }

    pub(crate) fn weights_digest(&self) -> String {
        crate::artifacts::digest_of(&self.weights)
    }
}
