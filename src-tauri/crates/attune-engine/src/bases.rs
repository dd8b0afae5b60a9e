//! Base models on this computer: the bundled one, the Hugging Face cache, and any folder.
//!
//! Not here: fetching. `auto` never downloads and nothing in this module opens a connection.
//! Invariant: a base is a folder with `config.json`, `model.safetensors` and `tokenizer.json`.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use attune_tuning::{BaseModel, BaseModelFiles};

use crate::{Error, Result};

/// The default where it is on the machine.
const PREFERRED: &str = "google/flan-t5-small";
const BUNDLED: &str = "attune-mini";
const FILES: [&str; 3] = ["config.json", "model.safetensors", "tokenizer.json"];

/// A base model that is on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    pub name: String,
    pub folder: PathBuf,
    pub bundled: bool,
}

/// The places where base models are looked for.
#[derive(Debug, Clone)]
pub struct Bases {
    /// Folder of the bundled models.
    models: PathBuf,
    /// The Hugging Face cache: `HF_HOME/hub`.
    hub: PathBuf,
}

impl Bases {
    pub fn new(models: PathBuf, hub: PathBuf) -> Self {
        Self { models, hub }
    }

    /// Finds a base by `auto`, name, hub id or folder.
    ///
    /// # Errors
    /// [`Error::UnknownBase`] with the names that would work.
    pub fn resolve(&self, wanted: &str) -> Result<Base> {
        let found = match wanted {
            "auto" => self.cached(PREFERRED).or_else(|| self.bundled()),
            BUNDLED => self.bundled(),
            name if Path::new(name).is_absolute() => {
                let folder = PathBuf::from(name);
                is_complete(&folder).then(|| Base { name: name.to_owned(), folder, bundled: false })
            }
            name => self.cached(name),
        };
        found.ok_or_else(|| Error::UnknownBase {
            name: wanted.to_owned(),
            known: self.all().into_iter().map(|base| base.name).collect(),
        })
    }

    /// Every base that has a name, the one that `auto` means first.
    pub fn all(&self) -> Vec<Base> {
        self.cached(PREFERRED).into_iter().chain(self.bundled()).collect()
    }

    fn bundled(&self) -> Option<Base> {
        let folder = self.models.join(BUNDLED);
        is_complete(&folder).then(|| Base { name: BUNDLED.to_owned(), folder, bundled: true })
    }

    /// Reads the cache as the hub's own clients lay it out: `refs/main` names a folder in `snapshots`.
    fn cached(&self, hub_id: &str) -> Option<Base> {
        let (owner, name) = hub_id.split_once('/')?;
        let plain = |part: &str| !part.is_empty() && part != ".." && !part.contains(['/', '\\', '\0']);
        if !plain(owner) || !plain(name) {
            return None;
        }
        let repository = self.hub.join(format!("models--{owner}--{name}"));
        let revision = fs::read_to_string(repository.join("refs").join("main")).ok()?;
        let folder = repository.join("snapshots").join(revision.trim());
        is_complete(&folder).then(|| Base { name: hub_id.to_owned(), folder, bundled: false })
    }
}

impl Base {
    /// Number of parameters by the header of the weights; the weights themselves are not read.
    ///
    /// # Errors
    /// [`Error::BaseUnreadable`] if the file is torn or no safetensors file.
    pub fn parameters(&self) -> Result<u64> {
        let path = self.folder.join("model.safetensors");
        count_parameters(&path).map_err(|source| Error::BaseUnreadable { path, source })
    }
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
        for optional in ["tokenizer_config.json", "special_tokens_map.json", "spiece.model"] {
            if folder.join(optional).is_file() {
                tokenizer_files.push((optional.to_owned(), read(optional)?));
            }
        }
        Ok(Self { config: read("config.json")?, weights: read("model.safetensors")?, tokenizer_files })
    }

    pub(crate) fn load(&self, folder: &Path) -> Result<BaseModel> {
        let files = BaseModelFiles {
            config: &self.config,
            weights: &self.weights,
            tokenizer: &self.tokenizer_files[0].1,
        };
        BaseModel::from_bytes(files).map_err(|source| Error::BaseRefused { path: folder.to_owned(), source })
    }

    pub(crate) fn weights_digest(&self) -> String {
        crate::artifacts::digest_of(&self.weights)
    }
}

fn is_complete(folder: &Path) -> bool {
    FILES.iter().all(|name| folder.join(name).is_file())
}

fn count_parameters(path: &Path) -> io::Result<u64> {
    const LONGEST_HEADER: u64 = 16 << 20;
    let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let mut file = fs::File::open(path)?;
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER {
        return Err(invalid("it is no safetensors file: its header would be too long"));
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header)?;
    let tensors: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&header)?;
    let mut parameters = 0;
    for (_, tensor) in tensors.iter().filter(|(name, _)| *name != "__metadata__") {
        let shape = tensor["shape"].as_array().ok_or_else(|| invalid("a tensor has no shape"))?;
        parameters += shape.iter().filter_map(serde_json::Value::as_u64).product::<u64>();
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base_at(folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for name in FILES {
            fs::write(folder.join(name), "{}").unwrap();
        }
    }

    #[test]
    fn auto_prefers_the_cached_base_and_falls_back_to_the_bundled_one() {
        let home = tempfile::tempdir().unwrap();
        let (models, hub) = (home.path().join("models"), home.path().join("hub"));
        let bases = Bases::new(models.clone(), hub.clone());
        assert!(matches!(bases.resolve("auto"), Err(Error::UnknownBase { .. })));
        base_at(&models.join(BUNDLED));
        assert_eq!(bases.resolve("auto").unwrap().name, BUNDLED);
        let repository = hub.join("models--google--flan-t5-small");
        base_at(&repository.join("snapshots").join("abc"));
        assert_eq!(bases.resolve("auto").unwrap().name, BUNDLED, "no ref names the snapshot yet");
        fs::create_dir_all(repository.join("refs")).unwrap();
        fs::write(repository.join("refs").join("main"), "abc\n").unwrap();
        assert_eq!(bases.resolve("auto").unwrap().name, PREFERRED);
    }

    #[test]
    fn an_unknown_base_is_answered_with_the_known_ones() {
        let home = tempfile::tempdir().unwrap();
        base_at(&home.path().join(BUNDLED));
        let bases = Bases::new(home.path().to_owned(), home.path().join("hub"));
        for name in ["nobody/nothing", "nothing", "/no/such/folder", "../attune-mini", "a/../b"] {
            let Err(Error::UnknownBase { known, .. }) = bases.resolve(name) else { panic!("{name}") };
            assert_eq!(known, [BUNDLED]);
        }
    }
}
