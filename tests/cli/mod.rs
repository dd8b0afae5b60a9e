//! The command line: results, mistakes, and one owner per data folder.

mod auto_train;
mod doctor;
mod first_model;
mod generate;
mod mistakes;
mod models;
mod owner;
mod stopping;
mod train;
