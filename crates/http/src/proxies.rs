//! Trusted proxies: the addresses and ranges of a setting.

use std::net::IpAddr;

use ipnet::IpNet;

/// Addresses that are trusted for the addresses of clients.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// An entry that cannot be in a list of proxies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// Neither an address nor a range.
    #[error("\"{0}\" is neither an IP address nor a range like \"10.0.0.0/8\" or \"2001:db8::/32\"")]
    NotRange(String),
    /// A range with bits after its prefix: the address or the prefix is a mistake.
    #[error("\"{entry}\" has an address that goes on after /{prefix}; write \"{network}/{prefix}\"")]
    Beyond {
        /// As it was given.
        entry: String,
        /// The range's first address.
        network: IpAddr,
        /// Its length in bits.
        prefix: u8,
    },
    /// IPv4 in IPv6 form. Peers are compared as what they are.
    #[error("\"{0}\" is IPv4 written as IPv6; write it as IPv4")]
    Mapped(String),
    /// All addresses of a family.
    #[error("\"{0}\" lists every address; list those of the proxies only")]
    Everybody(String),
}

impl TrustedProxies {
    /// Reads a list of addresses and ranges, IPv4 or IPv6.
    ///
    /// # Errors
    /// [`ProxyError`] names the first entry that is not one, and says why.
    pub fn parse(entries: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, ProxyError> {
        entries.into_iter().map(|entry| parse(entry.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    /// Adds what is wrong with each entry of the setting `key` to `problems`.
    pub(super) fn check(key: &'static str, entries: &[String], problems: &mut Vec<(&'static str, String)>) {
        let errors = entries.iter().filter_map(|entry| Self::parse([entry]).err());
        problems.extend(errors.map(|error| (key, error.to_string())));
    }

    /// Whether an address is listed.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The text that is written in settings: without signs and leading zeros, and only zero bits after the prefix.
fn parse(entry: &str) -> Result<IpNet, ProxyError> {
    let not_range = || ProxyError::NotRange(entry.to_owned());
    let (address, prefix) = entry.split_once('/').map_or((entry, None), |(address, prefix)| (address, Some(prefix)));
    let address: IpAddr = address.parse().map_err(|_| not_range())?;
    let range = match prefix {
        None => address.into(),
        Some(prefix) => {
            let prefix =
                prefix.parse().ok().filter(|number: &u8| number.to_string() == prefix).ok_or_else(not_range)?;
            IpNet::new(address, prefix).map_err(|_| not_range())?
        }
    };
    if address.to_canonical() != address {
        return Err(ProxyError::Mapped(entry.to_owned()));
    }
    if range.prefix_len() == 0 {
        return Err(ProxyError::Everybody(entry.to_owned()));
    }
    if range.network() != address {
        return Err(ProxyError::Beyond {
            entry: entry.to_owned(),
            network: range.network(),
            prefix: range.prefix_len(),
        });
    }
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_what_shares_its_prefix() {
        let rows = [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.128/25", "192.0.2.127", false),
            ("128.0.0.0/1", "255.255.255.255", true),
            ("128.0.0.0/1", "127.255.255.255", false),
            ("192.0.2.0/24", "::192.0.2.1", false),
            ("192.0.2.0/24", "::ffff:192.0.2.1", true),
            ("2001:db8::/32", "2001:db8:ffff::", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("2001:db8::7", "2001:db8::7", true),
            ("2001:db8::7/128", "2001:db8::6", false),
            ("::/1", "0.0.0.1", false),
        ];
        for (range, address, held) in rows {
            let proxies = TrustedProxies::parse([range]).unwrap();
            assert_eq!(proxies.contains(address.parse().unwrap()), held, "{address} in {range}");
        }
        assert!(!TrustedProxies::default().contains([127, 0, 0, 1].into()));
    }

    #[test]
    fn an_entry_that_is_no_address_or_range_is_named() {
        let rows = [
            ("", "neither"),
            ("proxy.example.org", "neither"),
            ("10.0.0.0/", "neither"),
            ("10.0.0.0/33", "neither"),
            ("10.0.0.0/+8", "neither"),
            ("10.0.0.0/08", "neither"),
            ("10.0.0/8", "neither"),
            ("10.0.0.0/255.0.0.0", "neither"),
            ("2001:db8::/129", "neither"),
            ("[2001:db8::]/32", "neither"),
            (" 10.0.0.0/8", "neither"),
            ("10.0.0.1/8", "write \"10.0.0.0/8\""),
            ("2001:db8::1/32", "write \"2001:db8::/32\""),
            ("::ffff:10.0.0.1", "write it as IPv4"),
            ("::ffff:10.0.0.0/104", "write it as IPv4"),
            ("0.0.0.0/0", "every address"),
            ("::/0", "every address"),
        ];
        for (entry, reason) in rows {
            let error = TrustedProxies::parse(["10.0.0.0/8", entry]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("\"{entry}\"")) && error.contains(reason), "{error}");
        }
    }
}
