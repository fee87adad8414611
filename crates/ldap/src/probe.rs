//! What a sign-in needs of each server, asked one by one, for administrators.

use std::collections::BTreeSet;
use std::sync::Arc;

use ldap3::Scope;
use rustls::ClientConfig;

use crate::connection::{Answer, Bound, Connection, Search};
use crate::failure::{Failure, code};
use crate::pool::{bind, unavailable};
use crate::schema;
use crate::server_url::ServerUrl;
use crate::settings::{AttributeName, Groups, Settings};

/// Most users that are counted.
const MOST_USERS: i32 = 1_001;

/// What was found out about a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerReport {
    /// Its address.
    pub server: ServerUrl,
    /// Facts, or what keeps users from signing in.
    pub outcome: Result<Facts, Failure>,
}

/// What is true of a server that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Attributes of the settings that its schema does not know, which find nobody; none if the schema cannot be read.
    pub unknown_attributes: Option<Vec<String>>,
    /// How many entries the user filter lets in, whatever their names; counted up to 1,001.
    pub users: usize,
    /// How many of these have no stable id that the service account may read.
    pub without_id: usize,
    /// The most entries that it sends for one search, if that is less than 1,001: users in more groups cannot sign in if groups are
    /// searched for.
    pub size_limit: Option<usize>,
}

/// Asks all servers.
pub(crate) async fn probe(settings: &Settings, tls: &Arc<ClientConfig>) -> Vec<ServerReport> {
    let mut reports = Vec::new();
    for server in &settings.servers {
        reports.push(ServerReport { server: server.clone(), outcome: probe_one(server, settings, tls).await });
    }
    reports
}

async fn probe_one(server: &ServerUrl, settings: &Settings, tls: &Arc<ClientConfig>) -> Result<Facts, Failure> {
    let (connect, operation) = (settings.connect_timeout, settings.operation_timeout);
    let connection = Connection::open(server, tls, connect, operation).await.map_err(unavailable)?;
    let mut bound = bind(connection, settings).await?;
    read(&mut bound, &settings.base).await?;
    if let Some(Groups::Attribute { base, .. } | Groups::Search { base, .. }) = &settings.groups
        && !base.is_empty()
    {
        read(&mut bound, base).await?;
    }
    let id = settings.attributes.id.text();
    let users = Search {
        base: &settings.base,
        scope: Scope::Subtree,
        filter: &settings.user_filter.for_everybody(),
        attributes: &[id],
        limit: MOST_USERS,
    };
    let found = search(&mut bound, &users).await?;
    let (count, most) = (found.entries.len(), usize::try_from(MOST_USERS).unwrap_or(0));
    let is_limited = found.result == code::SIZE_LIMIT_EXCEEDED && count < most;
    Ok(Facts {
        unknown_attributes: unknown_attributes(&mut bound, settings).await?,
        users: count,
        without_id: found.entries.iter().filter(|user| user.values(id).is_empty()).count(),
        size_limit: is_limited.then_some(count),
    })
}

/// Whether an entry can be read.
async fn read(bound: &mut Bound, dn: &str) -> Result<Answer, Failure> {
    one(bound, dn, "(objectClass=*)", "1.1").await
}

/// Reads one attribute of an entry, if a filter matches it.
async fn one(bound: &mut Bound, base: &str, filter: &str, attribute: &str) -> Result<Answer, Failure> {
    search(bound, &Search { base, scope: Scope::Base, filter, attributes: &[attribute], limit: 1 }).await
}

/// Names of the settings that the schema does not know; none if the schema cannot be read.
async fn unknown_attributes(bound: &mut Bound, settings: &Settings) -> Result<Option<Vec<String>>, Failure> {
    let (subschema, definitions) = ("subschemaSubentry", "attributeTypes");
    let root = one(bound, "", "(objectClass=*)", subschema).await?;
    let Some(dn) = root.entries.first().and_then(|root| root.first_text(subschema)) else { return Ok(None) };
    let schema = one(bound, &dn, "(objectClass=subschema)", definitions).await?;
    let Some(schema) = schema.entries.first().filter(|schema| !schema.values(definitions).is_empty()) else {
        return Ok(None);
    };
    let names: Vec<_> = names(settings).into_iter().collect();
    let definitions: Vec<_> = schema.texts(definitions).collect();
    Ok(Some(schema::unknown(&names, &definitions)))
}

/// All attributes that the settings name.
fn names(settings: &Settings) -> BTreeSet<&str> {
    let attributes = &settings.attributes;
    let own = [&attributes.id, &attributes.name, &attributes.full_name, &attributes.mail].map(AttributeName::text);
    let of_groups = match &settings.groups {
        Some(Groups::Attribute { attribute, .. }) => vec![attribute.text()],
        Some(Groups::Search { filter, .. }) => filter.attributes(),
        None => Vec::new(),
    };
    own.into_iter().chain(of_groups).chain(settings.user_filter.attributes()).collect()
}

async fn search(bound: &mut Bound, search: &Search<'_>) -> Result<Answer, Failure> {
    let answer = bound.search(search).await.map_err(unavailable)?;
    match answer.result {
        code::SUCCESS | code::SIZE_LIMIT_EXCEEDED => Ok(answer),
        result => Err(Failure::of_result(&format!("searching {:?}", search.base), result, &answer.text)),
    }
}
