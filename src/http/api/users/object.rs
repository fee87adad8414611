//! A user as JSON.

use serde::Serialize;

use crate::model::{Privilege, User, UserName};

/// Onezone 21.02's user object, followed by its older names for the same things, and what is ours.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct UserObject<'a> {
    user_id: String,
    full_name: &'a str,
    username: Option<&'a str>,
    emails: [&'a str; 0],
    linked_accounts: [&'a str; 0],
    basic_auth_enabled: bool,
    blocked: bool,
    /// Unix seconds.
    creation_time: u64,
    name: &'a str,
    login: Option<&'a str>,
    alias: Option<&'a str>,
    email_list: [&'a str; 0],
    /// What the user may do to others: ours.
    privileges: Vec<&'static str>,
}

impl<'a> UserObject<'a> {
    pub(in crate::http) fn new(user: &'a User) -> Self {
        let name = user.name.as_ref().map(UserName::as_str);
        Self {
            user_id: user.id.to_string(),
            full_name: user.full_name.as_str(),
            username: name,
            emails: [],
            linked_accounts: [],
            basic_auth_enabled: user.basic_auth,
            blocked: user.blocked,
            creation_time: user.created_ms / 1000,
            name: user.full_name.as_str(),
            login: name,
            alias: name,
            email_list: [],
            privileges: user.privileges.iter().map(Privilege::name).collect(),
        }
    }
}
