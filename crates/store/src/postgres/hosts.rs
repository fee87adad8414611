//! Which of several hosts is connected to: a primary and its standbys.
//!
//! They are tried in the order of the settings, the next one as soon as one has failed or has said nothing for a moment. So a
//! host that accepts a connection and then says nothing keeps nobody from those behind it. With `load_balance_hosts=random` they
//! are tried all at once.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, LoadBalanceHosts};

use super::fault::Fault;

/// How long a host may say nothing before the next one is tried as well (as for addresses of one host, RFC 8305 section 5); less
/// where there is less time for all of them.
const HEAD_START: Duration = Duration::from_millis(250);

/// How many hosts a configuration names.
pub(super) fn count(config: &Config) -> usize {
    config.get_hosts().len().max(config.get_hostaddrs().len())
}

/// Why the hosts of a configuration cannot be told apart.
pub(super) fn refusal(config: &Config) -> Option<&'static str> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    if count(config) == 0 {
        Some("names no host")
    } else if hosts.iter().any(|host| matches!(host, Host::Tcp(name) if name.is_empty())) {
        Some("names a host that is empty: write its name, or leave it out")
    } else if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        Some("has not as many addresses in hostaddr as hosts")
    } else if ports.len() > 1 && ports.len() != count(config) {
        Some("has neither one port for all hosts nor one for each")
    } else {
        None
    }
}

/// The hosts of a configuration, each by itself, with what it is called.
pub(super) fn each(config: &Config) -> Vec<(String, Config)> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    (0..count(config))
        .map(|at| {
            let mut one = without_hosts(config);
            let port = ports.get(at).or_else(|| ports.first()).copied();
            if let Some(port) = port {
                one.port(port);
            }
            let mut name = match hosts.get(at) {
                Some(Host::Tcp(name)) => {
                    one.host(name);
                    name.clone()
                }
                Some(Host::Unix(path)) => {
                    one.host_path(path);
                    path.display().to_string()
                }
                None => String::new(),
            };
            if let Some(address) = addresses.get(at) {
                one.hostaddr(*address);
                if name.is_empty() {
                    // A TLS handshake needs the name of the other side.
                    name = address.to_string();
                    one.host(&name);
                } else {
                    name = format!("{name} ({address})");
                }
            }
            (port.map_or(name.clone(), |port| format!("{name}:{port}")), one)
        })
        .collect()
}

/// All that is the same for each host.
fn without_hosts(config: &Config) -> Config {
    let mut one = Config::new();
    one.ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .target_session_attrs(config.get_target_session_attrs())
        .channel_binding(config.get_channel_binding())
        .load_balance_hosts(config.get_load_balance_hosts());
    config.get_user().map(|user| one.user(user));
    config.get_password().map(|password| one.password(password));
    config.get_dbname().map(|name| one.dbname(name));
    config.get_options().map(|options| one.options(options));
    config.get_application_name().map(|name| one.application_name(name));
    config.get_connect_timeout().map(|time| one.connect_timeout(*time));
    config.get_tcp_user_timeout().map(|time| one.tcp_user_timeout(*time));
    config.get_keepalives_interval().map(|time| one.keepalives_interval(time));
    config.get_keepalives_retries().map(|count| one.keepalives_retries(count));
    one
}

/// So that each host has its turn.
fn head_start(within: Duration, hosts: usize) -> Duration {
    HEAD_START.min(within / u32::try_from(hosts + 1).unwrap_or(u32::MAX))
}

/// Connects to the first host that can be used, all within one period.
pub(super) async fn first<C, F>(
    hosts: &[(String, Config)],
    within: Duration,
    connect: impl Fn(Config) -> F,
) -> Result<C, Fault>
where
    F: Future<Output = Result<C, Fault>>,
{
    let mut failed: Vec<Option<Fault>> = hosts.iter().map(|_| None).collect();
    let trying = async {
        let (mut waiting, mut tried) = (hosts.iter().enumerate(), FuturesUnordered::new());
        let mut head_start = head_start(within, hosts.len());
        loop {
            if let Some((at, (_, config))) = waiting.next() {
                if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
                    head_start = Duration::ZERO;
                }
                let connecting = connect(config.clone());
                tried.push(async move { (at, connecting.await) });
            }
            let next = if waiting.len() == 0 {
                tried.next().await
            } else {
                match tokio::time::timeout(head_start, tried.next()).await {
                    Ok(next) => next,
                    Err(_) => continue,
                }
            };
            match next {
                Some((_, Ok(connected))) => return Some(connected),
                Some((at, Err(fault))) => failed[at] = Some(fault),
                None => return None,
            }
        }
    };
    if let Ok(Some(connected)) = tokio::time::timeout(within, trying).await {
        return Ok(connected);
    }
    let faults = failed.into_iter().map(|fault| fault.unwrap_or(Fault::Silence));
    Err(Fault::of_hosts(hosts.iter().map(|(name, _)| name.clone()).zip(faults).collect()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn config(address: &str) -> Config {
        address.parse().unwrap()
    }

    #[test]
    fn one_host_by_itself_has_all_that_is_set() {
        let address = "host=db hostaddr=192.0.2.1 port=5433 user=u password=p dbname=d options='-c a=b' application_name=n \
                       sslmode=require connect_timeout=3 tcp_user_timeout=4 keepalives=0 keepalives_idle=5 \
                       keepalives_interval=6 keepalives_retries=7 target_session_attrs=read-write \
                       channel_binding=require load_balance_hosts=random sslnegotiation=direct";
        let whole = config(address);
        let [(name, one)] = each(&whole).try_into().unwrap();
        assert_eq!((name.as_str(), format!("{one:?}")), ("db (192.0.2.1):5433", format!("{whole:?}")));
        assert_eq!(one.get_password(), whole.get_password());
    }

    #[test]
    fn each_host_has_its_own_address_and_port() {
        let names = |address: &str| each(&config(address)).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("postgres://u@a:1,b:2/d"), ["a:1", "b:2"]);
        assert_eq!(names("host=a,/run/b port=1"), ["a:1", "/run/b:1"]);
        assert_eq!(names("hostaddr=192.0.2.1,192.0.2.2"), ["192.0.2.1", "192.0.2.2"]);
        // A handshake is with a name; this one is the address.
        let [(_, one)] = each(&config("hostaddr=192.0.2.1")).try_into().unwrap();
        assert_eq!(one.get_hosts(), [Host::Tcp("192.0.2.1".to_owned())]);
    }

    #[test]
    fn hosts_that_cannot_be_told_apart_are_refused() {
        for (address, expected) in [
            ("postgres:///d", Some("names no host")),
            ("host=a,,b", Some("names a host that is empty: write its name, or leave it out")),
            ("host=a hostaddr=192.0.2.1,192.0.2.2", Some("has not as many addresses in hostaddr as hosts")),
            ("host=a,b,c port=1,2", Some("has neither one port for all hosts nor one for each")),
            ("host=a,b,c port=1,2,3", None),
            ("host=a,b,c port=1", None),
            ("hostaddr=192.0.2.1,192.0.2.2", None),
        ] {
            assert_eq!(refusal(&config(address)), expected, "{address}");
        }
    }

    #[test]
    fn each_host_has_its_turn() {
        assert_eq!(head_start(Duration::from_secs(2), 2), HEAD_START);
        let short = Duration::from_millis(100);
        assert!(head_start(short, 4) * 3 < short);
    }

    #[derive(Clone, Copy)]
    enum Does {
        Take,
        Refuse,
        SayNothing,
    }

    /// Which host was connected to, or why none was, and how many were tried.
    async fn tried(hosts: &[Does], within: Duration) -> (Result<usize, String>, usize) {
        let named: Vec<_> =
            (0..hosts.len()).map(|at| (format!("host{at}"), config(&format!("host=host{at}")))).collect();
        let begun = AtomicUsize::new(0);
        let outcome = first(&named, within, |_| {
            let at = begun.fetch_add(1, Ordering::Relaxed);
            async move {
                match hosts[at] {
                    Does::Take => Ok(at),
                    Does::Refuse => Err(Fault::Other(format!("no {at}"))),
                    Does::SayNothing => std::future::pending().await,
                }
            }
        });
        (outcome.await.map_err(|fault| fault.describe()), begun.into_inner())
    }

    #[tokio::test]
    async fn a_host_that_says_nothing_keeps_nobody_from_those_behind_it() {
        use Does::{Refuse, SayNothing, Take};
        let long = Duration::from_mins(1);
        assert_eq!(tried(&[Take, SayNothing], long).await, (Ok(0), 1), "the first one that can be used");
        assert_eq!(tried(&[Refuse, Take], long).await, (Ok(1), 2));
        assert_eq!(tried(&[SayNothing, SayNothing, Refuse, Take], long).await, (Ok(3), 4));
    }

    #[tokio::test]
    async fn it_is_told_what_each_host_says() {
        use Does::{Refuse, SayNothing};
        let short = Duration::from_millis(1);
        let nothing = "the database did not answer in time";
        assert_eq!(tried(&[SayNothing], short).await.0, Err(nothing.to_owned()));
        assert_eq!(tried(&[Refuse, SayNothing], short).await, (Err(format!("host0: no 0; host1: {nothing}")), 2));
    }
}
