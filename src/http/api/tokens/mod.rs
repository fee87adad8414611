//! `/tokens`: what is done with a token, by whoever has its text or its id.

mod confine;
mod delete;
mod examine;
mod infer_scope;
mod list_named;
mod object;
mod rotate;
mod show;
mod status;
mod update;
mod verify_access;
mod verify_identity;
mod verify_invite;
mod visible;

pub(in crate::http) use confine::confine;
pub(in crate::http) use delete::delete;
pub(in crate::http) use examine::examine;
pub(in crate::http) use infer_scope::infer_scope;
pub(in crate::http) use list_named::list_named;
pub(in crate::http) use object::{TokenObject, created, notes, subject, subject_kind, token_type};
pub(in crate::http) use rotate::rotate;
pub(in crate::http) use show::show;
pub(in crate::http) use status::status;
pub(in crate::http) use update::update;
pub(in crate::http) use verify_access::verify_access;
pub(in crate::http) use verify_identity::verify_identity;
pub(in crate::http) use verify_invite::verify_invite;
