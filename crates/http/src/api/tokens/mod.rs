//! `/tokens`: operations on a token, for callers who have its text or its id.

pub(crate) mod confine;
pub(crate) mod delete;
pub(crate) mod descendants;
mod encoding;
pub(crate) mod examine;
pub(crate) mod history;
pub(crate) mod infer_scope;
pub(crate) mod list_named;
mod object;
pub(crate) mod rotate;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod update;
pub(crate) mod verify_access;
pub(crate) mod verify_identity;
pub(crate) mod verify_invite;

pub(crate) use encoding::{EncodingOption, with_encoding};
pub(crate) use object::{
    EXAMPLE_TEXT, EXAMPLE_TOKEN_ID, LastUseObject, NewToken, TokenObject, UNMEETABLE, created, not_minted, notes,
    subject, subject_kind, token_type,
};
