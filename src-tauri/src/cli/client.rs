//! A command's side of the contract: typed requests through whichever door there is.

use std::pin::Pin;

use axum::body::Body;
use axum::http::{Method, Request, Response, header};
use eventsource_stream::Eventsource;
use futures_util::{Stream, StreamExt};
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::output::Failure;
use crate::api::Problem;
use crate::api::wire::{
    BatchEvent, ComparedRow, Comparison, ComparisonBegun, Generated, GenerationRequest, PieceEvent,
    PointEvent, RunEvent, SnapshotEvent, ValidationEvent,
};
use crate::server::Door;

#[derive(Debug)]
pub(crate) struct Client<'d>(pub(crate) &'d Door);

/// An event of the stream.
#[derive(Debug)]
pub(crate) enum Event {
    Snapshot(SnapshotEvent),
    Run(Box<RunEvent>),
    Point(PointEvent),
    Batch(Box<BatchEvent>),
    Validation(ValidationEvent),
}

/// A part of an answer that is read while it grows.
#[derive(Debug)]
pub(super) enum AnswerPart {
    Piece(String),
    Whole(Box<Generated>),
}

/// A part of a comparison that is read while it is made.
#[derive(Debug)]
pub(super) enum ComparisonPart {
    Begun(ComparisonBegun),
    Row,
    Whole(Comparison),
}

pub(super) type Parts<P> = Pin<Box<dyn Stream<Item = Result<P, Failure>> + Send>>;

pub(crate) type Events = Pin<Box<dyn Stream<Item = Result<Event, Failure>> + Send>>;

impl Client<'_> {
    pub(super) async fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A, Failure> {
        decode(self.send(Method::GET, path, None::<&()>).await?).await
    }

    pub(super) async fn post<A: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<A, Failure> {
        decode(self.send(Method::POST, path, body).await?).await
    }

    pub(crate) async fn events(&self) -> Result<Events, Failure> {
        let response = self.send(Method::GET, "/api/v1/events", None::<&()>).await?;
        let stream = response.into_body().into_data_stream().eventsource();
        Ok(Box::pin(stream.filter_map(|event| async move {
            let event = match event {
                Ok(event) => event,
                Err(error) => return Some(Err(Failure::owner_gone(error))),
            };
            let decoded = match event.event.as_str() {
                "snapshot" => serde_json::from_str(&event.data).map(Event::Snapshot),
                "run" => serde_json::from_str(&event.data).map(Event::Run),
                "batch" => serde_json::from_str(&event.data).map(Event::Batch),
                "point" => serde_json::from_str(&event.data).map(Event::Point),
                "validation" => serde_json::from_str(&event.data).map(Event::Validation),
                _ => return None,
            };
            Some(decoded.map_err(Failure::internal))
        })))
    }

    /// The parts of an answer as they come; the whole is the last.
    pub(super) async fn answer(&self, question: &GenerationRequest) -> Result<Parts<AnswerPart>, Failure> {
        self.parts("/api/v1/generate/stream", Some(question), |name, data| match name {
            "piece" => Some(serde_json::from_str(data).map(|PieceEvent { text }| AnswerPart::Piece(text))),
            "answer" => Some(serde_json::from_str(data).map(AnswerPart::Whole)),
            _ => None,
        })
        .await
    }

    /// The parts of a comparison as they come; the whole is the last.
    pub(super) async fn comparison(&self, run_id: &str) -> Result<Parts<ComparisonPart>, Failure> {
        let path = format!("/api/v1/runs/{run_id}/comparison/stream");
        self.parts(&path, None::<&()>, |name, data| match name {
            "begun" => Some(serde_json::from_str(data).map(ComparisonPart::Begun)),
            "row" => Some(serde_json::from_str(data).map(|ComparedRow { .. }| ComparisonPart::Row)),
            "comparison" => Some(serde_json::from_str(data).map(ComparisonPart::Whole)),
            _ => None,
        })
        .await
    }

    /// Reads a stream of events by their name and data; what has no meaning is passed over, and a problem ends it.
    async fn parts<P: Send + 'static>(
        &self,
        path: &str,
        body: Option<&impl Serialize>,
        read: fn(&str, &str) -> Option<serde_json::Result<P>>,
    ) -> Result<Parts<P>, Failure> {
        let response = self.send(Method::POST, path, body).await?;
        let stream = response.into_body().into_data_stream().eventsource();
        Ok(Box::pin(stream.filter_map(move |event| async move {
            let event = match event {
                Ok(event) => event,
                Err(error) => return Some(Err(Failure::owner_gone(error))),
            };
            if event.event == "problem" {
                let problem: serde_json::Result<Problem> = serde_json::from_str(&event.data);
                return Some(Err(problem.map_or_else(Failure::internal, Failure::from)));
            }
            Some(read(&event.event, &event.data)?.map_err(Failure::internal))
        })))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Response<Body>, Failure> {
        let request = Request::builder().method(method).uri(path);
        let request = match body {
            Some(body) => {
                let text = serde_json::to_vec(body).map_err(Failure::internal)?;
                request.header(header::CONTENT_TYPE, "application/json").body(Body::from(text))
            }
            None => request.body(Body::empty()),
        };
        let response = self.0.send(request.map_err(Failure::internal)?).await.map_err(Failure::owner_gone)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let problem: Result<Problem, Failure> = decode(response).await;
        Err(problem.map_or_else(|_| Failure::failed(format!("Attune answered {status}")), Failure::from))
    }
}

async fn decode<A: DeserializeOwned>(response: Response<Body>) -> Result<A, Failure> {
    let bytes = response.into_body().collect().await.map_err(Failure::owner_gone)?.to_bytes();
    serde_json::from_slice(&bytes).map_err(Failure::internal)
}
