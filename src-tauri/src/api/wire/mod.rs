//! The shapes of the contract. Names are camelCase; the engine's types know nothing of them.

mod account;
mod events;
mod exchange;
mod generation;
mod models;
mod runs;
mod settings;
mod sources;
mod system;

pub use account::*;
pub use events::*;
pub use exchange::*;
pub use generation::*;
pub use models::*;
pub use runs::*;
pub use settings::*;
pub use sources::*;
pub use system::*;
