//! What the engine does with models: find, fetch and import bases, ask, export.

use std::path::{Path, PathBuf};

use super::Engine;
use crate::limits::require_absolute;
use crate::{
    AdapterChoice, AnswerObserver, BaseSummary, Error, ExportRequest, Exported, Fetch, FetchableBase,
    Generated, GenerationRequest, Imported, Result,
};

impl Engine {
    /// The base models on this computer, the one that `auto` means first.
    ///
    /// # Errors
    /// The manifest of known bases cannot be read.
    pub fn bases(&self) -> Result<Vec<BaseSummary>> {
        self.0.bases.summaries()
    }

    /// The known bases on the hub that this computer has not.
    ///
    /// # Errors
    /// As [`Self::bases`].
    pub fn fetchable_bases(&self) -> Result<Vec<FetchableBase>> {
        self.0.bases.fetchable()
    }

    /// Begins to fetch a base from the hub, or answers with the fetch that is at it.
    ///
    /// # Errors
    /// [`crate::FetchError::NoHubId`]; [`crate::FetchError::Offline`], [`crate::FetchError::Endpoint`] or
    /// [`crate::FetchError::Token`] for an environment that forbids or spoils it. Later failures are in the fetch.
    pub fn fetch_base(&self, hub_id: &str) -> Result<Fetch> {
        self.0.fetches.start(hub_id)
    }

    /// Tells a fetch to stop; it ends a moment later, and what has arrived is kept for the next one.
    ///
    /// # Errors
    /// [`crate::FetchError::NotFetching`].
    pub fn cancel_fetch(&self, hub_id: &str) -> Result<Fetch> {
        self.0.fetches.cancel(hub_id)
    }

    /// The fetches of this process.
    pub fn fetches(&self) -> Vec<Fetch> {
        self.0.fetches.list()
    }

    /// Copies the base model in a folder into the cache; see [`crate::Bases::import`].
    ///
    /// # Errors
    /// As there.
    pub fn import_base(&self, folder: &Path, name: Option<&str>) -> Result<Imported> {
        self.0.bases.import(folder, name)
    }

    /// Writes an adapter, or its base with the adapter merged in, into an empty or a new folder.
    ///
    /// # Errors
    /// What is wrong with the adapter, its base or the folder; see [`ExportRequest`].
    pub fn export(&self, request: &ExportRequest) -> Result<Exported> {
        crate::export::export(&self.0.bases, request)
    }

    /// Answers prompts; see [`GenerationRequest`]. The observer sees the text grow and can end it.
    ///
    /// # Errors
    /// What is wrong with the adapter, the base or the request; [`Error::ServedAdapter`] if the adapter is that of
    /// the settings.
    pub fn generate(
        &self,
        request: &GenerationRequest,
        observer: &mut AnswerObserver<'_>,
    ) -> Result<Generated> {
        let base_model = request.base_model.as_deref();
        let answer = |adapter: Option<&Path>, observer: &mut AnswerObserver<'_>| {
            self.0.host.generate(&request.prompts, adapter, base_model, &request.decoding, observer)
        };
        match &request.adapter {
            AdapterChoice::At(path) => {
                require_absolute("adapter", path)?;
                answer(Some(path), observer)
            }
            AdapterChoice::Bare => answer(None, observer),
            AdapterChoice::Settings => match self.served_adapter(base_model)? {
                None => answer(None, observer),
                Some(latest) => answer(Some(&latest), observer).map_err(|source| match source.field() {
                    Some("adapter" | "baseModel") => Error::ServedAdapter { source: Box::new(source) },
                    _ => source,
                }),
            },
        }
    }

    /// `latest` of the folder in the settings, where they serve it. Who names a base asks that base.
    fn served_adapter(&self, base_model: Option<&str>) -> Result<Option<PathBuf>> {
        let settings = self.settings()?;
        let serves = settings.soft_prompt_enabled && base_model.is_none();
        let folder = settings.soft_prompt_model_dir.filter(|_| serves);
        Ok(folder.map(|folder| folder.join("latest")))
    }
}
