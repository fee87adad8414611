//! `/tokens`: what is done with a token, by whoever has its text or its id.

pub(in crate::http) mod confine;
pub(in crate::http) mod delete;
pub(in crate::http) mod descendants;
mod encoding;
pub(in crate::http) mod examine;
pub(in crate::http) mod history;
pub(in crate::http) mod infer_scope;
pub(in crate::http) mod list_named;
mod object;
pub(in crate::http) mod rotate;
pub(in crate::http) mod show;
pub(in crate::http) mod status;
pub(in crate::http) mod update;
pub(in crate::http) mod verify_access;
pub(in crate::http) mod verify_identity;
pub(in crate::http) mod verify_invite;

pub(in crate::http) use encoding::{EncodingOption, encodings, with_encoding};
pub(in crate::http) use object::{
    Created, EXAMPLE_TEXT, EXAMPLE_TOKEN_ID, LastUseObject, TokenObject, UNMEETABLE, created, not_minted, notes,
    subject, subject_kind, token_type,
};
