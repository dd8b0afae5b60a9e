//! Examples and their review.

use attune_engine as engine;

use crate::api::{Problem, wire};

impl From<engine::Example> for wire::Example {
    fn from(example: engine::Example) -> Self {
        Self {
            id: example.id.to_string(),
            batch: example.batch.map(|batch| batch.to_string()),
            attempt: example.attempt,
            input: example.input,
            output: example.output,
            original_output: example.original_output,
            quality: example.quality,
            parts: example.parts.as_ref().map(parts).unwrap_or_default(),
            source: match example.source {
                engine::ExampleSource::Generated => wire::ExampleSource::Generated,
                engine::ExampleSource::Battle => wire::ExampleSource::Battle,
                engine::ExampleSource::Conversation => wire::ExampleSource::Conversation,
                engine::ExampleSource::Feedback => wire::ExampleSource::Feedback,
                engine::ExampleSource::AskAi => wire::ExampleSource::AskAi,
                engine::ExampleSource::Imported => wire::ExampleSource::Imported,
            },
            genre: example.genre,
            style: example.style,
            subject: example.subject,
            status: match example.status {
                engine::ExampleStatus::Candidate => wire::ExampleStatus::Candidate,
                engine::ExampleStatus::Accepted => wire::ExampleStatus::Accepted,
                engine::ExampleStatus::Rejected => wire::ExampleStatus::Rejected,
            },
            rejection: example.rejection.map(|rejection| wire::Rejection {
                kind: match rejection.kind {
                    engine::RejectionKind::BelowLine => wire::RejectionKind::BelowLine,
                    engine::RejectionKind::ExactTwin => wire::RejectionKind::ExactTwin,
                    engine::RejectionKind::NearTwin => wire::RejectionKind::NearTwin,
                    engine::RejectionKind::WithoutText => wire::RejectionKind::WithoutText,
                    engine::RejectionKind::Person => wire::RejectionKind::Person,
                },
                words: rejection.words,
                twin_of: rejection.twin_of.map(|example| example.to_string()),
            }),
            provenance: example.provenance.map(wire::Provenance::from),
            created_at: example.created_at,
            reviewed_at: example.reviewed_at,
        }
    }
}

fn parts(parts: &engine::quality::Parts) -> Vec<wire::QualityPart> {
    let told = |(name, part): (engine::quality::PartName, &engine::quality::Part)| wire::QualityPart {
        name: name.to_string(),
        value: part.value,
        words: part.words.clone(),
    };
    parts.iter().map(told).collect()
}

impl From<engine::Provenance> for wire::Provenance {
    fn from(provenance: engine::Provenance) -> Self {
        let generator = provenance.generator;
        Self {
            generator: wire::GeneratorName {
                kind: match generator.kind {
                    engine::GeneratorKind::LocalT5 => wire::GeneratorKind::LocalT5,
                    engine::GeneratorKind::LocalChat => wire::GeneratorKind::LocalChat,
                    engine::GeneratorKind::Endpoint => wire::GeneratorKind::Endpoint,
                },
                name: generator.name,
                base_digest: generator.base_digest,
                adapter_digest: generator.adapter_digest,
            },
            prompt: provenance.prompt,
            seed: provenance.seed,
            decoding: provenance.decoding.map(wire::Decoding::from),
            tokens: provenance.tokens,
            cost_micro_dollars: provenance.cost_micro_dollars,
            candidates: provenance.candidates,
        }
    }
}

impl From<engine::Remembered> for wire::Remembered {
    fn from(remembered: engine::Remembered) -> Self {
        Self {
            example: remembered.example.to_string(),
            subject: remembered.subject,
            input: remembered.input,
            output: remembered.output,
            base_digest: remembered.base_digest,
            created_at: remembered.created_at,
        }
    }
}

impl From<engine::ExamplePage> for wire::ExamplePage {
    fn from(page: engine::ExamplePage) -> Self {
        let examples = page.examples.into_iter().map(wire::Example::from).collect();
        Self { examples, total: page.total, next: page.next }
    }
}

impl TryFrom<wire::ExampleQuestion> for engine::ExampleFilter {
    type Error = Problem;

    fn try_from(question: wire::ExampleQuestion) -> Result<Self, Problem> {
        Ok(Self {
            subject: question.subject,
            batch: batch_id(question.batch)?,
            status: question.status.map(|status| match status {
                wire::ExampleStatus::Candidate => engine::ExampleStatus::Candidate,
                wire::ExampleStatus::Accepted => engine::ExampleStatus::Accepted,
                wire::ExampleStatus::Rejected => engine::ExampleStatus::Rejected,
            }),
            genre: question.genre,
            style: question.style,
            min_quality: question.min_quality,
            max_quality: question.max_quality,
            reviewed: question.reviewed,
            text: question.text,
            ..Self::default()
        })
    }
}

impl TryFrom<wire::AcceptRequest> for engine::ExampleFilter {
    type Error = Problem;

    fn try_from(wanted: wire::AcceptRequest) -> Result<Self, Problem> {
        Ok(Self {
            subject: wanted.subject,
            batch: batch_id(wanted.batch)?,
            genre: wanted.genre,
            min_quality: Some(wanted.min_quality),
            ..Self::default()
        })
    }
}

/// The batch that a filter names.
pub(in crate::api) fn batch_id(named: Option<String>) -> Result<Option<engine::BatchId>, Problem> {
    Ok(named.as_deref().map(engine::BatchId::parse).transpose()?)
}

impl From<wire::Review> for engine::Review {
    fn from(review: wire::Review) -> Self {
        match review {
            wire::Review::Accept {} => Self::Accept,
            wire::Review::Reject {} => Self::Reject,
            wire::Review::Edit { output } => Self::Edit { output },
        }
    }
}
