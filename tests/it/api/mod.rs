//! The operations of the Onezone API, and those of OAuth, through a real TLS socket, one file each, named by area and verb.
//!
//! What holds for all of them alike (credentials, methods, bodies, caveats about data and the API) is in `coverage.rs`,
//! which also tells when one has no file.

mod accounts;
mod audit_list;
mod auth_verify;
mod caveat_consumer;
mod caveat_place;
mod caveat_service;
pub mod coverage;
mod keys_list;
mod keys_retire;
mod keys_rotate;
mod macaroon_request;
mod metrics;
mod oauth;
mod oauth_introspect;
mod oauth_revoke;
mod oauth_token;
mod providers_access_block;
mod providers_create;
mod providers_delete;
mod providers_list;
mod providers_show;
mod sessions;
mod tokens_confine;
mod tokens_examine;
mod tokens_infer_scope;
mod tokens_named_delete;
mod tokens_named_list;
mod tokens_named_show;
mod tokens_named_status;
mod tokens_named_update;
mod tokens_rotate;
mod tokens_verify_access;
mod tokens_verify_identity;
mod tokens_verify_invite;
mod user_delete;
mod user_password;
mod user_show;
mod user_tokens_list;
mod user_tokens_named_create;
mod user_tokens_named_delete;
mod user_tokens_named_list;
mod user_tokens_named_show_by_name;
mod user_tokens_revoke;
mod user_tokens_temporary_create;
mod user_tokens_temporary_delete;
mod user_tokens_temporary_show;
mod user_tokens_uses;
mod user_update;
mod users_access_block;
mod users_basic_auth;
mod users_create;
mod users_delete;
mod users_list;
mod users_show;
