//! The parameters of an address (`?name=value&…`): those of libpq (PostgreSQL 18, section "Parameter Key Words"), and those that
//! libraries and the consoles of cloud providers add to it.
//!
//! What means something here is taken, what asks for nothing but what is done anyway is left out, and the rest is refused with what
//! to do instead. Nothing is passed over in silence: it may be there to keep somebody out.

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::refusal::Refusal;
use super::spelling::{SCHEMES, USUAL_PORT, encoded};
use zonemint_telemetry::{Label as _, label};

label! {
    /// How an address asks for TLS, as it is written there, the weaker first.
    pub(crate) enum AskedTls {
        Disable = "sslmode=disable",
        Allow = "sslmode=allow",
        Prefer = "sslmode=prefer",
        Require = "sslmode=require",
        VerifyCa = "sslmode=verify-ca",
        VerifyFull = "sslmode=verify-full",
    }
}

/// What is done with a parameter.
#[derive(Clone, Copy)]
enum Rule {
    /// It is for the parser: with any value, or with one of these.
    Taken(&'static [&'static str]),
    /// It is taken care of here: see [`read`].
    Here,
    /// With one of these values it asks for what is done anyway. With others it is refused, for this reason.
    Refused(&'static [&'static str], &'static str),
}
use Rule::{Here, Refused, Taken};

const BY_PASSWORD: &str = "which is not used: have the database ask for a password instead (store.password_file)";
const NO_KERBEROS: &str = "which is for Kerberos: have the database ask for a password instead (store.password_file)";
const NO_OAUTH: &str = "which is for OAuth: have the database ask for a password instead (store.password_file)";
const NO_REVOCATION: &str =
    "which is not read: revocation lists are not checked; store.tls = \"pin\" trusts one certificate and no other";
const NO_KEEPALIVE: &str = "which is fixed here: a connection that is silent for store.statement_timeout is closed";
const ROOTS: &str =
    "which is store.tls_ca here (for sslrootcert=system, the system's file, as in /etc/ssl/certs/ca-certificates.crt)";
const OLDEST: &str = "which is TLSv1.2 here: set ssl_min_protocol_version at the database for more";
const NEWEST: &str = "which is TLSv1.3 here: set ssl_max_protocol_version at the database for less";
const NO_GSS: &str = "which is for Kerberos: connections are protected by TLS (store.tls)";
const BINDING: &str = "which is channel_binding=require here: only a server that knows the password is answered";
const PASSWORD_FILE: &str = "which is store.password_file here: a file with the password for this database and no more";
const SEARCH_PATH: &str = "which is the search path of the database's role: ALTER ROLE … SET search_path; leave it out";
const PRISMA: &str = "which is for Prisma, and means nothing to the database: leave it out";
const KEY_LOG: &str = "which would write the connections' keys into a file; leave it out";
const SERVICE: &str = "which is not read: write host, user and database into the address itself";

/// Parameters with one rule stand together, with spaces between them.
const PARAMETERS: [(&str, Rule); 40] = [
    ("user password dbname hostaddr options application_name", Taken(&[])),
    ("host port target_session_attrs sslmode", Here),
    ("sslnegotiation", Taken(&["postgres", "direct"])),
    ("channel_binding", Taken(&["disable", "prefer", "require"])),
    ("load_balance_hosts", Taken(&["disable", "random"])),
    ("fallback_application_name", Refused(&[], "which has no effect: each node says its name; leave it out")),
    ("sslrootcert", Refused(&[], ROOTS)),
    ("sslcert sslkey sslpassword sslidentity", Refused(&[], BY_PASSWORD)),
    ("sslcertmode", Refused(&["disable", "allow"], BY_PASSWORD)),
    ("sslcrl sslcrldir", Refused(&[""], NO_REVOCATION)),
    ("sslcompression", Refused(&["0"], "which is off: TLS is never compressed; leave it out")),
    ("sslsni", Refused(&["1"], "which is on: the host's name is always sent; leave it out")),
    ("sslkeylogfile", Refused(&[], KEY_LOG)),
    ("ssl_min_protocol_version", Refused(&["", "TLSv1", "TLSv1.1", "TLSv1.2"], OLDEST)),
    ("ssl_max_protocol_version", Refused(&["", "TLSv1.3"], NEWEST)),
    ("gssencmode", Refused(&["disable", "prefer"], NO_GSS)),
    ("gssdelegation", Refused(&["0"], "which is for Kerberos; leave it out")),
    ("gsslib krbsrvname", Refused(&[], NO_KERBEROS)),
    ("requirepeer", Refused(&[], "which is not checked; leave it out, and protect the socket's folder")),
    ("require_auth", Refused(&[], BINDING)),
    ("scram_client_key scram_server_key", Refused(&[], "which is not used: give the password (store.password_file)")),
    ("oauth_issuer oauth_client_id oauth_client_secret oauth_scope", Refused(&[], NO_OAUTH)),
    ("passfile", Refused(&[], PASSWORD_FILE)),
    ("service servicefile", Refused(&[], SERVICE)),
    ("connect_timeout", Refused(&[], "which is store.connect_timeout here, as in \"10s\"")),
    ("tcp_user_timeout keepalives_idle keepalives_interval keepalives_count", Refused(&[], NO_KEEPALIVE)),
    ("keepalives_retries", Refused(&[], NO_KEEPALIVE)),
    ("keepalives", Refused(&["1"], "which is on, so that lost connections are noticed; leave it out")),
    ("client_encoding", Refused(&["utf8", "UTF8", "UTF-8"], "which is UTF8 here; leave it out")),
    ("replication", Refused(&["false", "off", "no", "0"], "which is not what a node does; leave it out")),
    ("min_protocol_version", Refused(&["3.0"], "which is 3.0 here; leave it out")),
    ("max_protocol_version", Refused(&["3.0", "3.2", "latest"], "which is 3.0 here; leave it out")),
    ("pgbouncer", Refused(&[], PRISMA)),
    ("supa", Refused(&[], "which is for Supabase's own libraries: leave it out")),
    ("connection_limit", Refused(&[], "which is store.pool here")),
    ("pool_timeout", Refused(&[], "which is store.connect_timeout here")),
    ("socket_timeout", Refused(&[], "which is store.statement_timeout here")),
    ("statement_cache_size", Refused(&[], PRISMA)),
    ("schema", Refused(&[], SEARCH_PATH)),
    ("ssl sslaccept", Refused(&[], "which is store.tls here, with store.tls_ca")),
];

/// Each parameter by itself.
fn parameters() -> impl Iterator<Item = (&'static str, Rule)> {
    PARAMETERS.iter().flat_map(|(names, rule)| names.split(' ').map(|name| (name, *rule)))
}

/// An address as the parser takes it, and what it does not take.
pub(super) struct ParsedAddress {
    pub(super) text: String,
    pub(super) tls: Option<AskedTls>,
}

/// Reads what follows the scheme. A host or port among the parameters takes the place of the one before them, as in libpq; the parser
/// would add them up, and take several hosts there for one.
pub(super) fn read(rest: &str) -> Result<ParsedAddress, Refusal> {
    let (credentials, after) = rest.split_once('@').map_or(("", rest), |(before, after)| (before, after));
    let (place, query) = after.split_once('?').unwrap_or((after, ""));
    let (mut authority, path) = place.split_once('/').unwrap_or((place, ""));
    let (mut tls, mut kept, mut seen) = (None, Vec::new(), Vec::new());
    let (mut hosts, mut port) = (None, None);
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (key, value) = parameter.split_once('=').ok_or(Refusal::Form)?;
        let (name, rule) = parameters().find(|(name, _)| *name == key).ok_or(Refusal::Unknown)?;
        if seen.contains(&name) {
            return Err(Refusal::Twice(name));
        }
        seen.push(name);
        match (rule, name) {
            (Taken(values), _) if values.is_empty() || values.contains(&value) => kept.push(parameter.to_owned()),
            (Refused(values, _), _) if values.contains(&value) => {}
            (Refused(_, why), name) => return Err(Refusal::Parameter(name, why)),
            (Here, "host") => hosts = Some(value.split(',').map(str::to_owned).collect()),
            (Here, "port") => port = Some(value.to_owned()),
            (Here, "sslmode") => {
                let asked = AskedTls::ALL.iter().copied().find(|asked| asked.value() == parameter);
                tls = Some(asked.ok_or(Refusal::Parameter(name, "whose value is unknown: see store.tls"))?);
            }
            (Here, "target_session_attrs") => match value {
                "any" => {}
                // A standby only reads, and so does a primary that is set to read-only: neither can be used.
                "read-write" | "primary" => kept.push("target_session_attrs=read-write".to_owned()),
                _ => return Err(Refusal::Parameter(name, "which must be read-write or primary: a node has to write")),
            },
            (Taken(_) | Here, name) => return Err(Refusal::Value(name)),
        }
    }
    if hosts.is_some() || port.is_some() {
        let (names, ports) = named(authority)?;
        kept.extend(hosts.unwrap_or(names).iter().map(|host| format!("host={host}")));
        kept.extend(port.or(ports).map(|port| format!("port={port}")));
        authority = "";
    }
    let at = if credentials.is_empty() { "" } else { "@" };
    Ok(ParsedAddress { text: format!("{}{credentials}{at}{authority}/{path}?{}", SCHEMES[0], kept.join("&")), tls })
}

/// The hosts of an authority as parameters are written, and its ports if one is not the usual one.
fn named(authority: &str) -> Result<(Vec<String>, Option<String>), Refusal> {
    let config: Config = format!("{}{authority}/", SCHEMES[0]).parse().map_err(|_| Refusal::Form)?;
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => encoded(name),
        Host::Unix(path) => encoded(&path.to_string_lossy()),
    });
    let ports: Vec<_> = config.get_ports().iter().map(ToString::to_string).collect();
    let is_usual = config.get_ports().iter().all(|port| *port == USUAL_PORT);
    Ok((hosts.collect(), (!is_usual).then(|| ports.join(","))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Address;

    #[test]
    fn every_parameter_is_known_once() {
        for (at, (name, _)) in parameters().enumerate() {
            assert!(parameters().skip(at + 1).all(|(other, _)| other != name), "{name}");
        }
    }

    #[test]
    fn each_parameter_is_taken_or_named_with_what_to_do_and_its_value_is_never_repeated() {
        for (name, rule) in parameters() {
            let refusal = Address::parse(&format!("postgres://zm@db/zm?{name}=sZ3kret")).refusal();
            let told = refusal.unwrap_or_default();
            assert!(!told.contains("sZ3kret"), "{told}");
            assert!(told.contains(name) || matches!(rule, Taken(&[]) | Here), "{name}: {told}");
            let values = match rule {
                Taken(values) | Refused(values, _) => values,
                Here => &[],
            };
            for value in values {
                let refusal = Address::parse(&format!("postgres://zm@db/zm?{name}={value}")).refusal();
                assert_eq!(refusal, None, "{name}={value}");
            }
        }
    }

    /// As the documents of providers have them, with made-up names.
    #[test]
    fn addresses_of_consoles_are_taken() {
        for (text, shown) in [
            (
                "postgresql://zm:x@ep-a-pooler.eu.aws.neon.tech/zm?sslmode=require&channel_binding=require",
                "postgres://zm:***@ep-a-pooler.eu.aws.neon.tech/zm?channel_binding=require&sslmode=require",
            ),
            (
                "postgres://zm:x@ep-a.neon.tech/zm?sslmode=require&options=endpoint%3Dep-a",
                "postgres://zm:***@ep-a.neon.tech/zm?options=***&sslmode=require",
            ),
            (
                "postgresql://postgres.ref:x@aws-0-eu.pooler.supabase.com:5432/postgres",
                "postgres://postgres.ref:***@aws-0-eu.pooler.supabase.com/postgres",
            ),
            (
                "postgres://zm%40srv:x@srv.postgres.database.azure.com:5432/zm?sslmode=require",
                "postgres://zm%40srv:***@srv.postgres.database.azure.com/zm?sslmode=require",
            ),
            ("postgres://u:x@ec2-1.amazonaws.com:5432/d1", "postgres://u:***@ec2-1.amazonaws.com/d1"),
            (
                "postgresql://doadmin:x@db-1.b.db.ondigitalocean.com:25060/defaultdb?sslmode=require",
                "postgres://doadmin:***@db-1.b.db.ondigitalocean.com:25060/defaultdb?sslmode=require",
            ),
            (
                "postgres://zm:x@zm.abc.eu-west-1.rds.amazonaws.com:5432/zm?sslmode=verify-full",
                "postgres://zm:***@zm.abc.eu-west-1.rds.amazonaws.com/zm?sslmode=verify-full",
            ),
            (
                "postgresql://zm:x@localhost/zm?host=/cloudsql/project:region:instance",
                "postgres://zm:***@%2Fcloudsql%2Fproject%3Aregion%3Ainstance/zm",
            ),
            ("postgres://zm@/zm?host=/run/postgresql&port=5433", "postgres://zm@%2Frun%2Fpostgresql:5433/zm"),
            ("postgres://zm@a:1,b:2/zm?host=c,d", "postgres://zm@c:1,d:2/zm"),
            ("postgres://zm@[::1]:1/zm?port=2", "postgres://zm@[::1]:2/zm"),
            (
                "postgres://zm@db1,db2/zm?target_session_attrs=primary&gssencmode=disable&keepalives=1&sslmode=verify-ca&",
                "postgres://zm@db1,db2/zm?target_session_attrs=read-write&sslmode=verify-ca",
            ),
        ] {
            let (once, again) = (Address::parse(text), Address::parse(shown));
            assert_eq!((once.refusal(), once.shown().as_str()), (None, shown), "{text}");
            let hosts = |address: &Address| address.config().unwrap().get_hosts().to_vec();
            assert_eq!((hosts(&once), once.asked_tls()), (hosts(&again), again.asked_tls()), "{text}");
        }
    }

    #[test]
    fn what_is_said_twice_or_cannot_be_meant_is_refused() {
        for (text, part) in [
            ("sslmode=require&sslmode=disable", "sslmode twice"),
            ("host=a&host=b", "host twice"),
            ("sslmode=no-verify", "sslmode, whose value is unknown: see store.tls"),
            ("target_session_attrs=standby", "target_session_attrs, which must be read-write or primary"),
            ("target_session_attrs=read-only", "target_session_attrs, which must be read-write or primary"),
            ("sslnegotiation=sometimes", "sslnegotiation"),
            ("passwort=x", "is not known"),
            ("%73slmode=require", "is not known"),
            ("sslmode", "is not the address"),
        ] {
            let told = Address::parse(&format!("postgres://zm@db/zm?{text}")).refusal().unwrap_or_default();
            assert!(told.contains(part), "{text}: {told}");
        }
    }
}
