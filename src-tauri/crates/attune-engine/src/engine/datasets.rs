//! Datasets: freeze what was accepted, and train on it.

use super::{Created, Engine};
use crate::datasets::{Chosen, Dataset, DatasetId, Frozen};
use crate::runs::request::RunRequest;
use crate::store::datasets::Datasets;
use crate::{Error, Result};

impl Engine {
    /// The newest datasets first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn datasets(&self, limit: u32) -> Result<Vec<Dataset>> {
        Datasets(&self.0.shared.store.connection()).newest(limit)
    }

    /// # Errors
    /// [`Error::UnknownDataset`].
    pub fn dataset(&self, id: &str) -> Result<Dataset> {
        let unknown = || Error::UnknownDataset { id: id.to_owned() };
        let known = DatasetId::parse(id).map_err(|_| unknown())?;
        Datasets(&self.0.shared.store.connection()).find(&known)?.ok_or_else(unknown)
    }

    /// The request with the file of its dataset in the dataset's place.
    ///
    /// # Errors
    /// [`Error::UnknownDataset`], or [`Error::InvalidField`] if the request names another source too.
    pub(super) fn put_dataset_into(&self, request: RunRequest) -> Result<(RunRequest, Option<Dataset>)> {
        let Some(id) = &request.dataset else { return Ok((request, None)) };
        if request.data_path.is_some() || request.database_path.is_some() {
            return Err(Error::InvalidField {
                field: "dataset",
                value: format!("{id:?}"),
                reason: "another source is named already; leave one of them out",
            });
        }
        let dataset = self.dataset(id)?;
        let data_path = Some(dataset.path(&self.0.shared.folder));
        Ok((RunRequest { data_path, dataset: None, ..request }, Some(dataset)))
    }

    /// Keeps rows as a dataset of `subject`; the same rows make the same dataset.
    ///
    /// # Errors
    /// [`Error::TooFewExamples`], [`Error::Write`] or [`Error::Database`].
    pub(super) fn freeze(&self, subject: &str, name: String, chosen: &[Chosen]) -> Result<(Dataset, Created)> {
        let shared = &self.0.shared;
        let frozen = Frozen::of(chosen)?;
        let known = Datasets(&shared.store.connection()).with_content(subject, &frozen.content_hash)?;
        if let Some(dataset) = known {
            return Ok((dataset, Created::Before));
        }
        let dataset = Dataset {
            id: DatasetId::generate(),
            name,
            subject: subject.to_owned(),
            examples: frozen.examples,
            content_hash: frozen.content_hash.clone(),
            created_at: crate::clock::now(),
        };
        // The file first: a row without its file would be a dataset that nobody can train on.
        dataset.write(&shared.folder, &frozen)?;
        shared.store.exclusively(|transaction| {
            let examples = chosen.iter().map(|row| row.example.as_str());
            Datasets(transaction).insert(&dataset, examples)
        })?;
        Ok((dataset, Created::Now))
    }
}
