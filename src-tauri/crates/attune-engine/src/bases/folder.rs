//! A base model's folder: what it must hold, what is said where it does not, and reading it.
//!
//! Not here: whether the tensors fit the configuration; the mathematics says that when it loads them.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use attune_tuning::{BaseModel, BaseModelFiles, WeightsFile};

use super::weights_on_disk::WeightsOnDisk;
use crate::artifacts::DigestWriter;
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

/// The files of a base model's folder; the weights are read where they are needed.
#[derive(Debug)]
pub(crate) struct BaseFiles {
    config: Vec<u8>,
    weights: Arc<WeightsOnDisk>,
    weights_path: PathBuf,
    weights_digest: OnceLock<String>,
    /// Name and content; `tokenizer.json` is the first.
    pub(crate) tokenizer_files: Vec<(String, Vec<u8>)>,
}

/// Name and bytes of a file.
type Content<'f> = (&'f str, Cow<'f, [u8]>);

impl BaseFiles {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
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
        let path = folder.join(WEIGHTS);
        let weights = WeightsOnDisk::open(&path)
            .map_err(|source| Error::BaseUnreadable { path: path.clone(), source })?;
        Ok(Self {
            config: read("config.json")?,
            weights: Arc::new(weights),
            weights_path: path,
            weights_digest: OnceLock::new(),
            tokenizer_files,
        })
    }

    pub(crate) fn load(&self, folder: &Path) -> Result<BaseModel> {
        let files = BaseModelFiles {
            config: &self.config,
            weights: Arc::clone(&self.weights) as _,
            tokenizer: &self.tokenizer_files[0].1,
        };
        BaseModel::open(files).map_err(|source| Error::BaseRefused { path: folder.to_owned(), source })
    }

    /// As [`Self::load`], and [`Self::weights_digest`] meanwhile, on a core of its own.
    pub(crate) fn load_and_digest(&self, folder: &Path) -> Result<BaseModel> {
        std::thread::scope(|scope| {
            let digest = scope.spawn(|| self.weights_digest().map(drop));
            let base = self.load(folder)?;
            digest.join().unwrap_or(Ok(()))?;
            Ok(base)
        })
    }

    /// Of all files that decide what a training on this base computes.
    pub(crate) fn digest(&self) -> Result<String> {
        let digest_of = crate::artifacts::digest_of;
        let digests =
            [digest_of(&self.config), self.weights_digest()?, digest_of(&self.tokenizer_files[0].1)];
        Ok(digest_of(digests.concat().as_bytes()))
    }

    /// Every file.
    pub(crate) fn contents(&self) -> Result<Vec<Content<'_>>> {
        let mut contents = vec![("config.json", Cow::from(&self.config)), (WEIGHTS, self.weights()?.into())];
        let tokenizer_files = self.tokenizer_files.iter();
        contents.extend(tokenizer_files.map(|(name, content)| (name.as_str(), Cow::from(content))));
        Ok(contents)
    }

    pub(crate) fn config(&self) -> &[u8] {
        &self.config
    }

    /// All of them, in memory.
    pub(crate) fn weights(&self) -> Result<Vec<u8>> {
        self.weights.read().map_err(|source| self.unreadable(source))
    }

    /// SHA-256 of the weights, as records of runs say it; the file is read for it once.
    pub(crate) fn weights_digest(&self) -> Result<String> {
        if let Some(digest) = self.weights_digest.get() {
            return Ok(digest.clone());
        }
        let mut digest = DigestWriter::default();
        let mut piece = vec![0; 1 << 20];
        let mut offset = 0;
        while offset < self.weights.size() {
            let left = usize::try_from(self.weights.size() - offset).unwrap_or(usize::MAX);
            let piece_size = piece.len().min(left);
            let piece = &mut piece[..piece_size];
            let read = self.weights.read_at(offset, piece).and_then(|()| digest.write_all(piece));
            read.map_err(|source| self.unreadable(source))?;
            offset += piece.len() as u64;
        }
        Ok(self.weights_digest.get_or_init(|| digest.finish()).clone())
    }

    fn unreadable(&self, source: io::Error) -> Error {
        Error::BaseUnreadable { path: self.weights_path.clone(), source }
    }
}
