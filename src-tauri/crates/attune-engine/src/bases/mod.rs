//! Base models on this computer: the bundled one, the Hugging Face cache, and any folder.
//!
//! Invariant: `auto`, a listing and a run never download. Only a fetch that somebody asked for by the base's
//! name opens a connection.

mod cache;
mod digest;
mod fetch;
mod fetch_error;
mod fetches;
mod folder;
mod hub;
mod import;
mod known;
mod remote_model;
mod transfer;
mod weights_on_disk;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Error, Result};

use cache::Cache;
use known::{KnownBase, Verifier};

pub(crate) use digest::{Algorithm, file_digest};
pub use fetch::{FetchObserver, FetchProgress, Fetched};
pub use fetch_error::FetchError;
pub(crate) use fetches::Fetches;
pub use fetches::{Fetch, FetchStatus};
pub(crate) use folder::{BaseFiles, TOKENIZER_FILES};
pub use hub::Hub;
pub(crate) use hub::PUBLIC_HUB;
pub use import::Imported;
pub use remote_model::RemoteModel;
pub use weights_on_disk::WeightsOnDisk;

/// The default where it is on the machine.
const PREFERRED: &str = "google/flan-t5-small";
const BUNDLED: &str = "attune-mini";

/// A base model that is on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    pub name: String,
    pub folder: PathBuf,
    pub bundled: bool,
}

impl Base {
    /// Its dimensions, by its configuration alone.
    pub(crate) fn architecture(&self) -> Result<attune_tuning::Architecture> {
        let path = self.folder.join("config.json");
        let config = std::fs::read(&path).map_err(|source| Error::BaseUnreadable { path, source })?;
        attune_tuning::Architecture::from_config(&config)
            .map_err(|source| Error::BaseRefused { path: self.folder.clone(), source })
    }

    /// SHA-256 of its weights, as records of runs say it. Reads the whole file.
    pub(crate) fn weights_digest(&self) -> Result<String> {
        let path = self.folder.join(folder::WEIGHTS);
        match digest::file_digest(&path, digest::Algorithm::Sha256) {
            Ok(digest) => Ok(format!("sha256:{digest}")),
            Err(source) => Err(Error::BaseUnreadable { path, source }),
        }
    }
}

/// What a listing says of a base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseSummary {
    pub base: Base,
    pub parameters: u64,
    /// Of its files together.
    pub size_bytes: u64,
    /// Whether every file has the published hash. Nobody publishes hashes of an unknown base.
    pub verified: bool,
    pub chosen_by_auto: bool,
}

/// A base that Attune knows and this computer has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchableBase {
    pub hub_id: String,
    /// Of its published files together.
    pub size_bytes: u64,
}

/// The places where base models are looked for.
#[derive(Debug, Clone)]
pub struct Bases {
    /// Folder of the bundled models.
    models: PathBuf,
    cache: Cache,
    verifier: Arc<Verifier>,
}

impl Bases {
    /// `models` holds the bundled models and the manifest of known ones; `hub` is the Hugging Face cache
    /// (`HF_HOME/hub`).
    pub fn new(models: PathBuf, hub: PathBuf) -> Self {
        Self { models, cache: Cache::new(hub), verifier: Arc::default() }
    }

    /// Finds a base by `auto`, name, hub id or folder.
    ///
    /// # Errors
    /// [`Error::UnknownBase`] with the names that would work; what is missing where the folder is there and
    /// cannot be used.
    pub fn resolve(&self, wanted: &str) -> Result<Base> {
        let found = match wanted {
            "auto" => self.chosen_by_auto(),
            BUNDLED => self.bundled(),
            name if Path::new(name).is_absolute() => {
                let folder = PathBuf::from(name);
                let base = folder.is_dir().then(|| usable(name, folder)).transpose();
                base?
            }
            name => self.cache.snapshot(name).map(|folder| usable(name, folder)).transpose()?,
        };
        found.ok_or_else(|| Error::UnknownBase {
            name: wanted.to_owned(),
            known: self.all().into_iter().map(|base| base.name).collect(),
        })
    }

    /// Every base that has a name and can be read, the one that `auto` means first.
    ///
    /// # Errors
    /// The manifest of known bases cannot be read.
    pub fn summaries(&self) -> Result<Vec<BaseSummary>> {
        let chosen = self.chosen_by_auto();
        let mut summaries = Vec::new();
        for base in self.all() {
            match folder::parameters(&base.folder) {
                Ok(parameters) => summaries.push(BaseSummary {
                    parameters,
                    size_bytes: folder::size(&base.folder),
                    verified: self.is_verified(&base)?,
                    chosen_by_auto: chosen.as_ref() == Some(&base),
                    base,
                }),
                // Whoever names it is told; it must not hide the others.
                Err(error) => tracing::warn!(error = crate::with_reasons(&error), "a base is not listed"),
            }
        }
        Ok(summaries)
    }

    /// The known bases on the hub that this computer has not.
    ///
    /// # Errors
    /// The manifest of known bases cannot be read.
    pub fn fetchable(&self) -> Result<Vec<FetchableBase>> {
        let here: Vec<_> = self.all().into_iter().map(|base| base.name).collect();
        let known = KnownBase::all(&self.models)?.into_iter();
        // Only what has a revision is on the hub; the rest comes with the program.
        let missing =
            known.filter(|base| base.revision.is_some() && !here.iter().any(|name| name == base.id()));
        Ok(missing
            .map(|base| FetchableBase { hub_id: base.id().to_owned(), size_bytes: base.size_bytes() })
            .collect())
    }

    pub(crate) fn cache_folder(&self) -> &Path {
        self.cache.folder()
    }

    /// Everything that the cache holds of a base: other commits and what is still arriving, too.
    pub(crate) fn repository_folder(&self, name: &str) -> Option<PathBuf> {
        self.cache.repository(name).map(|repository| repository.folder().to_owned())
    }

    fn is_verified(&self, base: &Base) -> Result<bool> {
        let known = KnownBase::find(&self.models, &base.name)?;
        Ok(known.is_some_and(|known| self.verifier.holds(&known, &base.folder)))
    }

    /// Every base that has a name, the one that `auto` means first.
    pub(crate) fn all(&self) -> Vec<Base> {
        let others = self.cache.names().into_iter().filter(|name| name != PREFERRED);
        let others = others.filter_map(|name| self.cached(&name)).filter(is_a_t5);
        self.cached(PREFERRED).into_iter().chain(self.bundled()).chain(others).collect()
    }

    fn chosen_by_auto(&self) -> Option<Base> {
        self.cached(PREFERRED).or_else(|| self.bundled())
    }

    fn bundled(&self) -> Option<Base> {
        let folder = self.models.join(BUNDLED);
        let base = usable(BUNDLED, folder).ok()?;
        Some(Base { bundled: true, ..base })
    }

    fn cached(&self, hub_id: &str) -> Option<Base> {
        usable(hub_id, self.cache.snapshot(hub_id)?).ok()
    }
}

fn usable(name: &str, folder: PathBuf) -> Result<Base> {
    match folder::refusal(name, |file| folder.join(file).is_file()) {
        Some(refusal) => Err(refusal),
        None => Ok(Base { name: name.to_owned(), folder, bundled: false }),
    }
}

/// The cache is shared: most of what other programs put there is of another kind.
fn is_a_t5(base: &Base) -> bool {
    let config = std::fs::read(base.folder.join("config.json"));
    config.is_ok_and(|config| attune_tuning::Architecture::from_config(&config).is_ok())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn base_at(folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for name in folder::NEEDED {
            fs::write(folder.join(name), "{}").unwrap();
        }
    }

    fn tiny_at(folder: &Path) {
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/tiny_t5");
        fs::create_dir_all(folder).unwrap();
        for name in folder::NEEDED {
            fs::copy(tiny.join(name), folder.join(name)).unwrap();
        }
    }

    fn snapshot(hub: &Path, owner: &str, name: &str) -> PathBuf {
        let repository = hub.join(format!("models--{owner}--{name}"));
        fs::create_dir_all(repository.join("refs")).unwrap();
        fs::write(repository.join("refs").join("main"), "abc\n").unwrap();
        repository.join("snapshots").join("abc")
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
        snapshot(&hub, "google", "flan-t5-small");
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

    #[test]
    fn a_base_nobody_vouches_for_is_listed_unverified_and_other_models_of_the_cache_are_not_listed() {
        let home = tempfile::tempdir().unwrap();
        let (models, hub) = (home.path().join("models"), home.path().join("hub"));
        tiny_at(&models.join(BUNDLED));
        tiny_at(&snapshot(&hub, "some", "tiny"));
        base_at(&snapshot(&hub, "some", "bert"));
        let torn = snapshot(&hub, "some", "torn");
        tiny_at(&torn);
        fs::File::options().write(true).open(torn.join("model.safetensors")).unwrap().set_len(9000).unwrap();
        fs::write(models.join("bases.json"), r#"{"bases": []}"#).unwrap();
        let listed = Bases::new(models, hub).summaries().unwrap();
        let said: Vec<_> = listed
            .iter()
            .map(|summary| (summary.base.name.as_str(), summary.chosen_by_auto, summary.verified))
            .collect();
        assert_eq!(said, [(BUNDLED, true, false), ("some/tiny", false, false)]);
        assert!(listed[1].size_bytes > 100_000 && listed[1].parameters > 10_000, "{listed:?}");
    }

    #[test]
    fn a_known_base_of_the_hub_can_be_fetched_until_it_is_here() {
        let home = tempfile::tempdir().unwrap();
        let (models, hub) = (home.path().join("models"), home.path().join("hub"));
        tiny_at(&models.join(BUNDLED));
        let file = |bytes: u64| format!(r#"{{"name": "f{bytes}", "bytes": {bytes}, "sha256": ""}}"#);
        let manifest = format!(
            r#"{{"bases": [{{"id": "{BUNDLED}", "files": []}},
                {{"id": "some/tiny", "revision": "0", "files": [{}, {}]}}]}}"#,
            file(300),
            file(8)
        );
        fs::write(models.join("bases.json"), manifest).unwrap();
        let bases = Bases::new(models, hub.clone());
        let missing = FetchableBase { hub_id: "some/tiny".to_owned(), size_bytes: 308 };
        assert_eq!(bases.fetchable().unwrap(), [missing]);
        tiny_at(&snapshot(&hub, "some", "tiny"));
        assert_eq!(bases.fetchable().unwrap(), []);
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_refused_by_what_it_lacks() {
        let home = tempfile::tempdir().unwrap();
        let bases = Bases::new(home.path().to_owned(), home.path().join("hub"));
        let folder = home.path().join("base");
        let resolve = || bases.resolve(folder.to_str().unwrap());
        base_at(&folder);
        resolve().unwrap();
        fs::remove_file(folder.join("tokenizer.json")).unwrap();
        assert!(matches!(resolve(), Err(Error::BaseIncomplete { file: "tokenizer.json", .. })));
        fs::remove_file(folder.join("model.safetensors")).unwrap();
        assert!(matches!(resolve(), Err(Error::BaseIncomplete { file: "model.safetensors", .. })));
        fs::write(folder.join("pytorch_model.bin"), "pickle").unwrap();
        assert!(matches!(resolve(), Err(Error::BaseWithForeignWeights { file: "pytorch_model.bin", .. })));
        fs::write(folder.join("model.safetensors.index.json"), "{}").unwrap();
        assert!(matches!(resolve(), Err(Error::BaseInPieces { .. })));
    }
}
