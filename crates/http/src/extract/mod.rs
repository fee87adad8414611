//! What handlers take from a request: the caller and the options.

mod anyone;
mod authorized;
mod base;
mod bearer;
mod caller;
mod client;
mod credentials;
mod cross_site;
mod in_path;
mod metrics_reader;
mod options;

pub(super) use anyone::Anyone;
pub(super) use authorized::{Authorized, AuthorizedOn, general, on_account};
pub(super) use bearer::Bearer;
pub(super) use caller::{SignedIn, consumer_for_scope, consumer_of, service_of, subject_of};
pub(super) use client::{CLIENT_ID, CLIENT_SECRET, Client, GRANT_TYPE, Owner, PASSWORD, USERNAME};
pub(super) use cross_site::{OTHER_SITE, is_of_a_script_of_another_site};
pub(super) use in_path::InPath;
pub(super) use metrics_reader::MetricsReader;
pub(super) use options::{ClientTokenRequest, Options};
