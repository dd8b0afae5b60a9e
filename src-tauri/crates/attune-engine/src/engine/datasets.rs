//! Datasets: freeze what was accepted, and train on it.

use std::sync::PoisonError;

use super::{Created, Engine};
use crate::datasets::{Chosen, Dataset, DatasetId, Frozen};
use crate::error::with_reasons;
use crate::generation::{ExampleFilter, ExampleStatus, checked_subject};
use crate::runs::request::{RunRequest, check_name};
use crate::runs::{Run, RunId};
use crate::store::datasets::Datasets;
use crate::store::examples::Examples;
use crate::store::runs::Runs;
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

    /// Freezes everything that a subject (default `me`) has accepted, and queues a run on it that is named `zega-` and
    /// the subject. The request says how to train; a repeated id is the run that it made.
    ///
    /// # Errors
    /// [`Error::TooFewExamples`], what is wrong with the request, or [`Error::Write`].
    pub fn tune(&self, subject: Option<&str>, request: RunRequest) -> Result<(Run, Created)> {
        let subject = checked_subject(subject)?;
        if let Some(id) = request.id.as_deref().map(RunId::parse).transpose()?
            && let Some(run) = Runs(&self.0.shared.store.connection()).find(&id)?
        {
            return Ok((self.0.shared.as_it_is_now(run), Created::Before));
        }
        let name = format!("zega-{subject}");
        check_name("subject", &name)?;
        let frozen_at = crate::clock::now();
        let dataset = self.freeze(&subject, name, &self.accepted_of(&subject)?)?;
        let request = RunRequest { dataset: Some(dataset.id.to_string()), ..request };
        let (run, created) = self.create_run(request)?;
        self.note_tuning(&subject, &run.id, &frozen_at)?;
        Ok((run, created))
    }

    /// Begins a tuning by the settings if they want one to begin by itself and enough new examples are accepted.
    /// What prevents it is logged: nobody waits for an answer, and a tuning that the person begins says the same.
    pub(super) fn tune_if_wanted(&self, subject: &str) {
        if let Err(error) = self.tune_by_the_settings(subject) {
            tracing::error!(subject, error = with_reasons(&error), "no tuning could begin by itself");
        }
    }

    fn tune_by_the_settings(&self, subject: &str) -> Result<()> {
        let settings = self.settings()?;
        if !settings.automatic_tuning_enabled {
            return Ok(());
        }
        let _one_at_a_time = self.0.tuning.lock().unwrap_or_else(PoisonError::into_inner);
        if self.readiness(Some(subject))?.is_ready() {
            let request = RunRequest {
                method: Some(settings.training_method),
                base_model: Some(settings.training_base_model),
                ..RunRequest::default()
            };
            let (run, _) = self.tune(Some(subject), request)?;
            tracing::info!(subject, run = %run.id, "a tuning began by itself");
        }
        Ok(())
    }

    /// The accepted examples of a subject, the oldest first.
    fn accepted_of(&self, subject: &str) -> Result<Vec<Chosen>> {
        let filter = ExampleFilter {
            subject: Some(subject.to_owned()),
            status: Some(ExampleStatus::Accepted),
            ..ExampleFilter::default()
        };
        let accepted = Examples(&self.0.shared.store.connection()).all(&filter)?;
        Ok(accepted.into_iter().map(Chosen::from).collect())
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
    fn freeze(&self, subject: &str, name: String, chosen: &[Chosen]) -> Result<Dataset> {
        let shared = &self.0.shared;
        let frozen = Frozen::of(chosen)?;
        let known = Datasets(&shared.store.connection()).with_content(subject, &frozen.content_hash)?;
        if let Some(dataset) = known {
            return Ok(dataset);
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
        Ok(dataset)
    }
}
