//! The shapes of the contract. Names are camelCase; the engine's types know nothing of them.

mod account;
mod auto_train;
mod batches;
mod comparison;
mod endpoints;
mod events;
mod examples;
mod exchange;
mod feedback;
mod first_start;
mod generation;
mod models;
mod run_questions;
mod runs;
mod settings;
mod sources;
mod system;

pub use account::*;
pub use auto_train::*;
pub use batches::*;
pub use comparison::*;
pub use endpoints::*;
pub use events::*;
pub use examples::*;
pub use exchange::*;
pub use feedback::*;
pub use first_start::*;
pub use generation::*;
pub use models::*;
pub use run_questions::*;
pub use runs::*;
pub use settings::*;
pub use sources::*;
pub use system::*;
