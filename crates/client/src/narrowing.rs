//! Options that say what a token allows: one for each kind of caveat. Creating and confining share them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::builder::PossibleValuesParser;
use serde::Serialize;
use serde_json::{Value, json};

use zonemint_base::clock::{self, Clock};
use zonemint_base::model::Period;
use zonemint_caveat::{self as caveat, Caveat, JsonError, Region, Time};

/// What `interface` caveats may name.
pub(super) const INTERFACES: [&str; 3] = ["rest", "oneclient", "graphsync"];

/// Each narrows further: all that are given must hold. Of a list, one must.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "What the token allows")]
pub(super) struct Narrowing {
    /// For how long it is good: 90s, 15m, 12h, 30d
    #[arg(long, value_name = "TIME", value_parser = seconds, group = "end")]
    ttl: Option<u64>,
    /// Until when it is good: 2027-01-31 (as the day begins, UTC), 2027-01-31T18:00:00Z, or Unix seconds
    #[arg(long, value_name = "DATE", value_parser = moment, group = "end")]
    until: Option<u64>,
    /// Only from these addresses or networks, as in 192.0.2.7,10.0.0.0/8
    #[arg(long, value_name = "NET", value_delimiter = ',', value_parser = |text: &str| checked("ip", text))]
    ip: Vec<String>,
    /// Only from these autonomous systems, by number
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    asn: Vec<u32>,
    /// Only from these countries, as in PL,FR
    #[arg(long, value_name = "CC", value_delimiter = ',', value_parser = country)]
    country: Vec<String>,
    /// From everywhere but these countries
    #[arg(long, value_name = "CC", value_delimiter = ',', value_parser = country)]
    not_country: Vec<String>,
    /// Only from these regions
    #[arg(long, value_name = "REGION", value_delimiter = ',', value_parser = regions())]
    region: Vec<String>,
    /// From everywhere but these regions
    #[arg(long, value_name = "REGION", value_delimiter = ',', value_parser = regions())]
    not_region: Vec<String>,
    /// Only through this interface
    #[arg(long, value_name = "NAME", value_parser = INTERFACES)]
    interface: Option<String>,
    /// Only at these services, as in ozw-onezone,opw-*
    #[arg(long, value_name = "SERVICE", value_delimiter = ',', value_parser = |text: &str| checked("service", text))]
    service: Vec<String>,
    /// Only by these consumers, as in usr-ID,prv-*
    #[arg(long, value_name = "CONSUMER", value_delimiter = ',', value_parser = |text: &str| checked("consumer", text))]
    consumer: Vec<String>,
    /// Only for these operations, as in ozw/get/user.*.*:*; again for more of them
    #[arg(long, value_name = "OPERATION", value_parser = |text: &str| checked("api", text))]
    api: Vec<String>,
    /// Only for reading data
    #[arg(long)]
    read_only: bool,
    /// Only for data at this path, as in /space/dir; again for more of them
    #[arg(long, value_name = "PATH", value_parser = path)]
    path: Vec<String>,
    /// Only for data in files or directories with these object ids
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = |text: &str| checked("data.objectid", text))]
    object: Vec<String>,
    /// Only for requests with these methods, as in GET,HEAD, at services that ask about them
    #[arg(long, value_name = "METHOD", value_delimiter = ',', value_parser = |text: &str| checked("http.method", text))]
    method: Vec<String>,
    /// Only for requests for this path, or with /* at its end for all below it; again for more of them
    #[arg(long, value_name = "PATH", value_parser = |text: &str| checked("http.path", text))]
    http_path: Vec<String>,
}

impl Narrowing {
    /// The caveats, in the order of the options. A time to live counts from now.
    pub(super) fn caveats(&self) -> Result<Vec<Caveat>, JsonError> {
        let ttl = self.ttl.map(|ttl| Clock::system().now_s().saturating_add(ttl));
        let options = [
            ttl.or(self.until).map(|until| json!({"type": "time", "validUntil": until})),
            list("ip", &self.ip),
            list("asn", &self.asn),
            filter("geo.country", "whitelist", &self.country),
            filter("geo.country", "blacklist", &self.not_country),
            filter("geo.region", "whitelist", &self.region),
            filter("geo.region", "blacklist", &self.not_region),
            self.interface.as_ref().map(|name| json!({"type": "interface", "interface": name})),
            list("service", &self.service),
            list("consumer", &self.consumer),
            list("api", &self.api),
            self.read_only.then(|| json!({"type": "data.readonly"})),
            list("data.path", &self.path),
            list("data.objectid", &self.object),
            list("http.method", &self.method),
            list("http.path", &self.http_path),
        ];
        options.iter().flatten().map(Caveat::read_new).collect()
    }
}

fn list<T: Serialize>(kind: &str, items: &[T]) -> Option<Value> {
    (!items.is_empty()).then(|| json!({"type": kind, "whitelist": items}))
}

fn filter(kind: &str, filter: &str, items: &[String]) -> Option<Value> {
    (!items.is_empty()).then(|| json!({"type": kind, "filter": filter, "list": items}))
}

/// An item that a caveat of this kind may list, by the caveat's own rule.
fn checked(kind: &str, text: &str) -> Result<String, String> {
    match Caveat::read_new(&json!({"type": kind, "whitelist": [text]})) {
        Ok(_) => Ok(text.to_owned()),
        Err(JsonError::Item { expected, .. }) => Err(format!("it must be {expected}")),
        Err(other) => Err(other.to_string()),
    }
}

/// Letters alone: the API reads more, which are those of no country.
fn country(text: &str) -> Result<String, String> {
    let is_code = text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_alphabetic());
    if is_code {
        Ok(text.to_owned())
    } else {
        Err("it must be a country as two letters (ISO 3166-1), such as PL".to_owned())
    }
}

fn regions() -> PossibleValuesParser {
    PossibleValuesParser::new(Region::ALL.map(Region::name))
}

/// Caveats hold paths in base64.
fn path(text: &str) -> Result<String, String> {
    let rule = "it must be a path such as /space/dir, with no / at its end, and no empty, \".\" or \"..\" part";
    if caveat::is_canonical_path(text) { Ok(STANDARD.encode(text)) } else { Err(rule.to_owned()) }
}

/// Whole seconds, at least one.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let period: Period = text.parse().map_err(|error: zonemint_base::model::PeriodError| error.to_string())?;
    if period.s() > 0 { Ok(period.s()) } else { Err("it must be at least one second".to_owned()) }
}

/// A moment in seconds since the Unix epoch.
fn moment(text: &str) -> Result<u64, String> {
    let read = text.parse().ok().or_else(|| {
        let ms = clock::from_rfc3339(text).or_else(|| clock::from_rfc3339(&format!("{text}T00:00:00Z")))?;
        Some(ms / 1000)
    });
    match read {
        Some(until) if until > Time::LATEST => {
            Err("it is after the year 9999: Unix time must be in seconds, and this looks like milliseconds".to_owned())
        }
        Some(until) => Ok(until),
        None => Err("write a day, as in 2027-01-31, a moment, as in 2027-01-31T18:00:00Z, or Unix seconds".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct TestArguments {
        #[command(flatten)]
        narrowing: Narrowing,
    }

    fn texts(line: &[&str]) -> Vec<String> {
        let line = TestArguments::try_parse_from([&["x"], line].concat()).unwrap();
        line.narrowing.caveats().unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_kind_of_caveat_has_an_option() {
        let line = [
            "--until=2027-01-31",
            "--ip=10.0.0.0/8,192.0.2.7",
            "--asn=1,2",
            "--country=PL",
            "--not-country=FR",
            "--region=EU",
            "--not-region=Asia",
            "--interface=rest",
            "--service=opw-*",
            "--consumer=usr-a",
            "--api=ozw/get/user.*.*:*",
            "--api=all/all/token.*.*:*",
            "--read-only",
            "--path=/s/a,b",
            "--path=/s/ż",
            "--object=0000000000081bf36775696423612362",
            "--method=GET,HEAD",
            "--http-path=/data/*",
            "--http-path=/a,b",
        ];
        let expected = [
            "time < 1801353600",
            "ip = 10.0.0.0/8|192.0.2.7/32",
            "asn = 1|2",
            "geo.country = PL",
            "geo.country != FR",
            "geo.region = EU",
            "geo.region != Asia",
            "interface = rest",
            "service = opw-*",
            "consumer = usr-a",
            "api = ozw/get/user.*.*:*|all/all/token.*.*:*",
            "data.readonly",
            "data.path = L3MvYSxi|L3Mvxbw=",
            "data.objectid = 0000000000081BF36775696423612362",
            "http.method = GET|HEAD",
            "http.path = /data/*|/a,b",
        ];
        assert_eq!(texts(&line), expected);
        for text in expected {
            assert!(is_offered(&Caveat::parse(text.as_bytes()).unwrap()));
        }
    }

    /// A new kind is not compiled until it stands here, because it has an option above or needs none.
    fn is_offered(caveat: &Caveat) -> bool {
        match caveat {
            Caveat::Time(_)
            | Caveat::Ip(_)
            | Caveat::Asn(_)
            | Caveat::Country(_)
            | Caveat::Region(_)
            | Caveat::Service(_)
            | Caveat::Consumer(_)
            | Caveat::Interface(_)
            | Caveat::Api(_)
            | Caveat::DataReadonly
            | Caveat::DataPath(_)
            | Caveat::DataObjectId(_)
            | Caveat::HttpMethod(_)
            | Caveat::HttpPath(_) => true,
            // Onezone's own, for old tokens of providers; an identity token says the same.
            Caveat::Scope => false,
        }
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        for (text, until) in [
            ("2027-01-31", "1801353600"),
            ("2027-01-31T18:00:00Z", "1801418400"),
            ("2027-01-31T19:00:00+01:00", "1801418400"),
            ("1801418400", "1801418400"),
            ("253402300799", "253402300799"),
            ("9999-12-31T23:59:59Z", "253402300799"),
        ] {
            assert_eq!(texts(&["--until", text]), [format!("time < {until}")]);
        }
    }

    #[test]
    fn milliseconds_are_no_end() {
        let error = TestArguments::try_parse_from(["x", "--until=1830000000000"]).unwrap_err().to_string();
        assert!(error.contains("milliseconds"), "{error}");
        let line = TestArguments::try_parse_from(["x", "--ttl=99999999999d"]).unwrap();
        assert_eq!(line.narrowing.caveats(), Err(JsonError::EndTooLate));
    }

    #[test]
    fn what_no_caveat_can_say_is_wrong_usage() {
        for option in [
            "--until=tomorrow", "--ttl=0s", "--ttl=5", "--ip=10.0.0.0/33", "--ip=", "--country=POL", "--region=Mars",
            "--interface=soap", "--service=onezone", "--consumer=alice", "--api=all", "--path=space/dir", "--path=/",
            "--object=xy", "--asn=-1", "--method=get", "--http-path=data", "--until=253402300800",
            "--until=1830000000000",
        ] {
            assert!(TestArguments::try_parse_from(["x", option]).is_err(), "{option} was accepted");
        }
        assert!(TestArguments::try_parse_from(["x", "--ttl=1h", "--until=2027-01-31"]).is_err());
    }
}
