//! The description of the API, as JSON and as a page.

pub(crate) mod page;
pub(crate) mod serve;
