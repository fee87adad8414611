//! A user as JSON.

#![expect(single_use_lifetimes, reason = "the derived schema names a type's lifetime once")]

use serde::Serialize;
use utoipa::ToSchema;

use zonemint_base::model::{Privilege, User, UserName};

/// An account's id in the document.
pub(crate) const EXAMPLE_ID: &str = "7b0bd2a7c3e941f0a1c2d4e6f8091a2b";

/// Onezone 21.02's user object, followed by its older names for the same things, and what is ours.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserObject<'a> {
    user_id: String,
    full_name: &'a str,
    username: Option<&'a str>,
    #[schema(value_type = Vec<String>)]
    emails: [&'a str; 0],
    #[schema(value_type = Vec<String>)]
    linked_accounts: [&'a str; 0],
    basic_auth_enabled: bool,
    blocked: bool,
    /// Unix seconds.
    creation_time: u64,
    name: &'a str,
    login: Option<&'a str>,
    alias: Option<&'a str>,
    #[schema(value_type = Vec<String>)]
    email_list: [&'a str; 0],
    /// The user's privileges over others; an extension of zonemint.
    privileges: Vec<&'static str>,
    /// Whether the password is accepted only to set another one; an extension of zonemint.
    must_change_password: bool,
}

impl<'a> UserObject<'a> {
    pub(crate) fn new(user: &'a User) -> Self {
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
            must_change_password: user.must_change,
        }
    }

    /// One for the document.
    pub(crate) fn example() -> Self {
        Self {
            user_id: EXAMPLE_ID.to_owned(),
            full_name: "Alice Doe",
            username: Some("alice"),
            emails: [],
            linked_accounts: [],
            basic_auth_enabled: true,
            blocked: false,
            creation_time: 1_763_942_400,
            name: "Alice Doe",
            login: Some("alice"),
            alias: Some("alice"),
            email_list: [],
            privileges: vec![Privilege::UsersList.name()],
            must_change_password: false,
        }
    }
}
