//! House rules as tests: direction of dependency, names, lengths, and what never belongs in the repository.
//!
//! Each rule is a pure function over files, so that a test beside it can show a bad sample being caught.
//! A finding names the file and the line and says the way out. The list of files is git's: tracked, and new
//! ones that are not ignored.

mod code;
mod documents;
mod files;
mod layers;
mod locks;
mod marks;
mod packages;
mod page;
mod rights;
mod tree;
