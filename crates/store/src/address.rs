//! The address of a shared store: read once, by the parser that connects, and shown without what is secret in it.
//!
//! A password may hold any character, and people write it as it is. So the shown text is not the given one with a part cut out: it is
//! made from what the parser understood. Of a text that the parser refuses, or that can be read in two ways, nothing is shown.

mod parameters;
mod refusal;
mod spelling;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, Host, LoadBalanceHosts, SslNegotiation, TargetSessionAttrs};

use refusal::Refusal;
use spelling::{SCHEMES, USUAL_PORT, encoded};

pub(super) use parameters::AskedTls;
use zonemint_telemetry::Label as _;

/// What stands for a secret, or for a text that may hold one.
const HIDDEN: &str = "***";
/// The address of a shared store, or of none. The text that it was read from is not kept. No Display: [`Address::shown`] says
/// what may be seen.
#[derive(Clone, Default)]
pub struct Address(Reading);

#[derive(Clone, Default)]
enum Reading {
    /// The embedded store.
    #[default]
    Embedded,
    Database(Box<Database>),
    Refused(Refusal),
}

#[derive(Clone)]
struct Database {
    config: Config,
    /// What `sslmode` asks for. Whether that can be had is for the settings to say.
    tls: Option<AskedTls>,
}

impl Address {
    /// Reads a text. One that cannot be used becomes an address that says so when it is used ([`Address::refusal`]).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.is_empty() {
            return Self(Reading::Embedded);
        }
        let Some(rest) = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)) else {
            return Self(Reading::Refused(Refusal::Scheme));
        };
        if is_ambiguous(rest) {
            return Self(Reading::Refused(Refusal::Ambiguous));
        }
        match Database::parse(rest) {
            Ok(database) => Self(Reading::Database(Box::new(database))),
            Err(refusal) => Self(Reading::Refused(refusal)),
        }
    }

    /// Whether there is no address, so that the embedded store is used.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        matches!(self.0, Reading::Embedded)
    }

    /// Why it cannot be used, if it cannot.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        if let Reading::Refused(refusal) = self.0 { Some(refusal.describe()) } else { None }
    }

    /// Whether a password is written in it.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.config().is_some_and(|config| config.get_password().is_some())
    }

    fn database(&self) -> Option<&Database> {
        if let Reading::Database(database) = &self.0 { Some(database) } else { None }
    }

    /// What connects, with the password.
    pub(crate) fn config(&self) -> Option<&Config> {
        self.database().map(|database| &database.config)
    }

    /// What it asks for of TLS, if it says so.
    pub(crate) fn asked_tls(&self) -> Option<AskedTls> {
        self.database()?.tls
    }

    /// The address without its secrets; read again, it leads to the same database.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.0 {
            Reading::Embedded => String::new(),
            Reading::Refused(_) => HIDDEN.to_owned(),
            Reading::Database(database) => database.shown(),
        }
    }
}

impl Database {
    fn parse(rest: &str) -> Result<Self, Refusal> {
        let read = parameters::read(rest)?;
        // The parser's own account may repeat a part of the password.
        let config = read.text.parse().map_err(|_| Refusal::Form)?;
        Ok(Self { config, tls: read.tls })
    }

    fn shown(&self) -> String {
        let config = &self.config;
        // A colon that is written as %3A has put the password into the name.
        let user = config.get_user().map(|user| if user.contains(':') { HIDDEN.to_owned() } else { encoded(user) });
        let credentials = match (user, config.get_password()) {
            (None, None) => String::new(),
            (Some(user), None) => format!("{user}@"),
            (user, Some(_)) => format!("{}:{HIDDEN}@", user.unwrap_or_default()),
        };
        let mut text = format!("{}{credentials}{}", SCHEMES[0], hosts(config));
        let mut parameters = parameters(config);
        parameters.extend(self.tls.map(|tls| tls.value().to_owned()));
        if let Some(name) = config.get_dbname() {
            text.push('/');
            text.push_str(&encoded(name));
        } else if !parameters.is_empty() {
            // Without a name of a database, the path is empty.
            text.push('/');
        }
        if !parameters.is_empty() {
            text.push('?');
            text.push_str(&parameters.join("&"));
        }
        text
    }
}

/// Whether a part of a password may stand where the parser sees something else. It ends the password at the first "@", and looks
/// for that in what follows the host, too.
fn is_ambiguous(rest: &str) -> bool {
    let mut parts = rest.split('@');
    let (Some(before), Some(_), more) = (parts.next(), parts.next(), parts.next()) else { return false };
    let user = before.split(':').next().unwrap_or_default();
    more.is_some() || user.contains(['/', '?', '#']) || before.contains("password=")
}

fn hosts(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |at: usize| if ports.len() == 1 { ports.first() } else { ports.get(at) }.copied();
    let hosts = config.get_hosts().iter().enumerate().map(|(at, host)| {
        let name = match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]"),
            Host::Tcp(name) => encoded(name),
            Host::Unix(path) => encoded(&path.to_string_lossy()),
        };
        match port(at).filter(|port| *port != USUAL_PORT) {
            Some(port) => format!("{name}:{port}"),
            None => name,
        }
    });
    hosts.collect::<Vec<_>>().join(",")
}

/// What differs from the parser's defaults, and is not set from other settings anyway.
fn parameters(config: &Config) -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |key: &str, value: &str| all.push(format!("{key}={value}"));
    let addresses: Vec<_> = config.get_hostaddrs().iter().map(ToString::to_string).collect();
    if !addresses.is_empty() {
        add("hostaddr", &addresses.join(","));
    }
    if config.get_hosts().is_empty() && !config.get_ports().is_empty() {
        let ports: Vec<_> = config.get_ports().iter().map(ToString::to_string).collect();
        add("port", &ports.join(","));
    }
    if config.get_ssl_negotiation() == SslNegotiation::Direct {
        add("sslnegotiation", "direct");
    }
    if config.get_target_session_attrs() == TargetSessionAttrs::ReadWrite {
        add("target_session_attrs", "read-write");
    }
    match config.get_channel_binding() {
        ChannelBinding::Disable => add("channel_binding", "disable"),
        ChannelBinding::Require => add("channel_binding", "require"),
        _ => {}
    }
    if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        add("load_balance_hosts", "random");
    }
    if let Some(name) = config.get_application_name() {
        add("application_name", &encoded(name));
    }
    // Settings of a session may hold secrets of an extension.
    if config.get_options().is_some() {
        add("options", HIDDEN);
    }
    all
}

/// Debug output has no secrets either.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.shown()).finish()
    }
}

/// As it is shown.
impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown())
    }
}

/// Takes every text: an error of the settings' reader might repeat it.
impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::parse(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_as_the_parser_understands_it() {
        for (text, shown) in [
            ("", ""),
            ("postgres://db/zonemint", "postgres://db/zonemint"),
            ("postgresql://me@db:5433/", "postgres://me@db:5433"),
            ("postgres://me:word@db1,db2:5433/zonemint", "postgres://me:***@db1,db2:5433/zonemint"),
            ("postgres:///zonemint?host=db&password=word&user=me", "postgres://me:***@db/zonemint"),
            ("postgres://me@%2Frun%2Fpg/zm?options=-c%20a.b=word", "postgres://me@%2Frun%2Fpg/zm?options=***"),
            ("postgres://zm:Kx/9aQ+z7Lr/Tg==@db/zm", "postgres://zm:***@db/zm"),
            ("postgres://zm:pa/ss?wo:rd#x@[::1]:1/zm", "postgres://zm:***@[::1]:1/zm"),
            ("postgres://zm%3Aword@db/zm", "postgres://***@db/zm"),
        ] {
            assert_eq!(Address::parse(text).shown(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_shown_leads_to_the_same_database() {
        for text in [
            "postgres://me@db1:1,db2/zonemint?target_session_attrs=read-write&load_balance_hosts=random",
            "postgres://me%40server@[::1]:6432/a%2Fb%20c?application_name=a%26b&channel_binding=require",
            "postgres:///zonemint?host=/run/postgresql&port=5433&user=me",
            "postgres://db/zonemint?hostaddr=127.0.0.1&sslmode=require&sslnegotiation=direct",
            "postgres://me@db/?sslmode=disable",
            "postgres:///?hostaddr=127.0.0.1&port=6432&channel_binding=disable",
        ] {
            let (once, shown) = (Address::parse(text), Address::parse(text).shown());
            let again = Address::parse(&shown);
            assert_eq!(
                (again.config(), again.asked_tls()),
                (once.config(), once.asked_tls()),
                "{text} is shown as {shown}"
            );
            assert!(once.config().is_some() && again.shown() == shown, "{shown}");
        }
    }

    #[test]
    fn nothing_is_shown_of_what_is_refused_or_can_be_read_in_two_ways() {
        for text in [
            "postgres://me:wo@rd@db/zm",
            "postgres://me:wo@rd/x@db/zm",
            "postgres://me:word/x",
            "postgres://me@db/zm?password=wo@rd",
            "postgres://db/zm?password=wo@rd",
            "postgres://db:5432/zm?user=me&password=wo@rd",
            "postgres:///me:word@db/zm",
            "postgres://me:word@db:port/zm",
            "postgres://me@db/zm?passwort=word",
            "postgres:/me:word@db/zm",
            "postgresql+psycopg://me:word@db/zm",
            " postgres://me:word@db/zm",
            "host=db user=me password=word",
            "word",
        ] {
            let address = Address::parse(text);
            assert!(
                address.config().is_none() && address.refusal().is_some_and(|why| !why.contains("wo@rd")),
                "{text}"
            );
            assert_eq!((address.shown(), format!("{address:?}")), ("***".to_owned(), "Address(\"***\")".to_owned()));
        }
    }
}
