//! The server's observability: one line per request, messages, metrics, and traces if it is built with them.
//!
//! Lines are buffered in memory and written by one thread, so that a slow reader of standard error never slows an answer.
//! Never in a line: a header, a body, a credential, or a hash of one.

mod access;
mod messages;
mod metrics;
mod process;
mod settings;
mod sink;
pub mod task;
pub mod traces;

pub use access::{AccessLog, RequestLine};
pub use messages::{error_chain, init, warn_of_error};
pub use metrics::{Distribution, Exposition, Form, Lookup, Tally, real};
pub use process::measure as measure_process;
pub use settings::{Format, Settings};
pub use sink::Sink;
pub use task::Task;
pub use traces::{Settings as TracesSettings, Traces};
pub use zonemint_base::label;
pub use zonemint_base::label::Label;
