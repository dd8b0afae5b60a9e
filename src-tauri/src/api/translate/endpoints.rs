//! Endpoints and what was found out about them.

use attune_engine as engine;

use crate::api::wire;

impl From<wire::EndpointRequest> for (String, engine::NewEndpoint) {
    fn from(request: wire::EndpointRequest) -> Self {
        let wire::EndpointRequest { id, name, base_url, model } = request;
        (id, engine::NewEndpoint { name, base_url, model })
    }
}

impl From<wire::EndpointChange> for engine::NewEndpoint {
    fn from(wire::EndpointChange { name, base_url, model }: wire::EndpointChange) -> Self {
        Self { name, base_url, model }
    }
}

impl From<engine::Endpoint> for wire::Endpoint {
    fn from(endpoint: engine::Endpoint) -> Self {
        Self {
            id: endpoint.id,
            name: endpoint.name,
            local: endpoint.base_url.is_on_this_computer(),
            base_url: endpoint.base_url.to_string(),
            model: endpoint.model,
            created_at: endpoint.created_at,
        }
    }
}

impl From<engine::EndpointModel> for wire::EndpointModel {
    fn from(engine::EndpointModel { id, shutdown_date }: engine::EndpointModel) -> Self {
        Self { id, shutdown_date }
    }
}

impl From<engine::EndpointCheck> for wire::EndpointCheck {
    fn from(check: engine::EndpointCheck) -> Self {
        Self {
            models: check.models as u64,
            lists_the_model: check.lists_the_model,
            shutdown_date: check.shutdown_date,
            key: check.key.map(wire::EndpointKeySource::from),
            keychain_problem: check.keychain_problem,
        }
    }
}

impl From<engine::EndpointKeyState> for wire::EndpointKeyState {
    fn from(engine::EndpointKeyState { source, problem }: engine::EndpointKeyState) -> Self {
        Self { source: source.map(wire::EndpointKeySource::from), problem }
    }
}

impl From<engine::KeySource> for wire::EndpointKeySource {
    fn from(source: engine::KeySource) -> Self {
        match source {
            engine::KeySource::Keychain => Self::Keychain,
            engine::KeySource::Environment => Self::Environment,
        }
    }
}

impl From<engine::EndpointTrial> for wire::EndpointTrial {
    fn from(trial: engine::EndpointTrial) -> Self {
        let tokens = trial.usage.map(|usage| usage.completion_tokens);
        Self { text: trial.text, seconds: trial.seconds, tokens }
    }
}
