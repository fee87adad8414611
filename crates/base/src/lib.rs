//! The base of all other crates of zonemint: plain types, the clock, randomness and files.

pub mod clock;
pub mod keyed_digest;
pub mod label;
pub mod lines;
pub mod listen_address;
pub mod model;
pub mod new_file;
mod opaque_debug;
pub mod private_folder;
pub mod random;
pub mod regular_file;
