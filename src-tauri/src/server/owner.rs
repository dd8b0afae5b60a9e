//! Who this process is on a data folder: its owner, or a client of the owner.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use attune_engine::{Claim, DataFolder, Engine, EngineOptions, Environment, OwnedDataFolder, Resources};
use axum::body::Body;
use axum::http::Request;

use super::{Door, Loopback, local_socket};
use crate::api::wire::OwnerKind;
use crate::api::{self, ApiState, FocusWindow, Owner};

/// How often a starting or ending owner is asked again, and for how long.
const ASK_AGAIN: Duration = Duration::from_millis(50);
const ASK_TIMES: u32 = 100;

/// What this process brings along if it becomes the owner.
pub struct Place {
    pub folder: DataFolder,
    pub kind: OwnerKind,
    pub resources: Resources,
    pub environment: Environment,
    /// What the command line says of the listener's port.
    pub port: Option<u16>,
    pub worker_program: PathBuf,
    /// Absent where there is no window.
    pub focus: Option<FocusWindow>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Place").field("folder", &self.folder).field("kind", &self.kind).finish()
    }
}

/// What this process became.
#[derive(Debug)]
pub enum Entered {
    /// Dropping the engine ends what it does.
    Owner {
        engine: Engine,
        owner: Arc<Owner>,
        door: Door,
    },
    Client {
        door: Door,
    },
}

impl Entered {
    /// Ends this process's part. An owner stays until the runs that others started through it have ended.
    pub async fn leave(self) {
        if let Self::Owner { engine, .. } = self {
            // A panic of the wait is not worth more than leaving at once.
            let _ = tokio::task::spawn_blocking(move || engine.wait_until_idle()).await;
        }
    }

    pub fn door(&self) -> &Door {
        match self {
            Self::Owner { door, .. } | Self::Client { door } => door,
        }
    }
}

/// Why a data folder could not be entered.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    #[error(transparent)]
    Engine(#[from] attune_engine::Error),
    #[error("could not open the local socket {path}")]
    Socket {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("another Attune holds the data folder {folder} and does not answer")]
    SilentOwner {
        folder: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// Claims the data folder and serves its local socket, or finds the way to its owner.
///
/// # Errors
/// [`EnterError`]: the folder or its database cannot be used, or its owner does not answer.
pub async fn enter(place: Place) -> Result<Entered, EnterError> {
    let folder = place.folder.clone();
    let mut asked = 0;
    loop {
        match folder.clone().claim()? {
            Claim::Owned(data_folder) => return own(place, data_folder),
            Claim::Held(folder) => {
                let door = Door::LocalSocket(folder.socket());
                let request = Request::get("/api/v1/status").body(Body::empty());
                let source = match request.map_err(io::Error::other) {
                    Ok(request) => match door.send(request).await {
                        Ok(_) => return Ok(Entered::Client { door }),
                        Err(source) => source,
                    },
                    Err(source) => source,
                };
                asked += 1;
                if asked >= ASK_TIMES {
                    return Err(EnterError::SilentOwner { folder: folder.path().to_owned(), source });
                }
                // An owner that has the lock but no socket is starting or ending. No event tells when.
                tokio::time::sleep(ASK_AGAIN).await;
            }
        }
    }
}

fn own(place: Place, data_folder: OwnedDataFolder) -> Result<Entered, EnterError> {
    crate::logging::write_into(data_folder.folder());
    let socket = data_folder.prepare_socket()?;
    let engine = Engine::open(EngineOptions {
        data_folder,
        resources: place.resources,
        environment: place.environment,
        port: place.port,
        worker_program: place.worker_program,
    })?;
    let owner = Arc::new(Owner::new(place.kind, Box::new(Loopback::default()), place.focus));
    let router = api::router(ApiState { engine: engine.clone(), owner: Arc::clone(&owner) });
    local_socket::serve(&socket, router.clone())
        .map_err(|source| EnterError::Socket { path: socket, source })?;
    Ok(Entered::Owner { engine, owner, door: Door::InMemory(router) })
}
