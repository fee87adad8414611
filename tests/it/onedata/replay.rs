//! The accounts, tokens and places of the cases, and the two questions that are asked about them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::geo_file;
use crate::support::{Answer, As, BOB, TestServer, caveats_of, narrowed};

/// The names that cases have for tokens: whose it is, what for, and whether it is a temporary one.
const TOKENS: [(&str, Whose, &str, bool); 8] = [
    ("u_act", Whose::User, "accessToken", false),
    ("u_idn", Whose::User, "identityToken", false),
    ("u_tact", Whose::User, "accessToken", true),
    ("u_tidn", Whose::User, "identityToken", true),
    ("p_act", Whose::Service, "accessToken", false),
    ("p_idn", Whose::Service, "identityToken", false),
    ("p_tact", Whose::Service, "accessToken", true),
    ("p_tidn", Whose::Service, "identityToken", true),
];

#[derive(Clone, Copy, PartialEq)]
enum Whose {
    User,
    Service,
}

/// A server with a user, a service, a token of each kind, and the places of the cases.
pub struct Stage {
    server: TestServer,
    user: String,
    service: String,
    tokens: BTreeMap<&'static str, String>,
}

/// One case, decided twice. `kind` is what it is counted under.
pub struct Compared {
    pub kind: String,
    pub theirs: String,
    pub ours: String,
}

impl Stage {
    pub async fn set(places: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("geo.mmdb");
        std::fs::write(&file, geo_file::bytes(&records(places))).unwrap();
        let server = TestServer::start_with(|config| {
            config.geo.country.clone_from(&file);
            config.geo.asn.clone_from(&file);
        })
        .await;
        let user = server.add_bob().await;
        let (service, _) = server.add_service().await;
        let mut tokens = BTreeMap::new();
        for (name, whose, kind, temporary) in TOKENS {
            let body = json!({"name": name, "type": {kind: {}}});
            let (path, by) = match whose {
                Whose::User => ("/user".to_owned(), BOB),
                Whose::Service => (format!("/providers/{service}"), As::Admin),
            };
            let token = if temporary {
                server.temporary(&path, json!({"type": body["type"]}), by).await
            } else {
                server.named(&path, body, by).await.1
            };
            tokens.insert(name, token);
        }
        Self { server, user, service, tokens }
    }

    /// A caveat in JSON: the text that is added to a token, or the refusal.
    pub async fn confine(&self, case: &Value) -> Compared {
        let kind = case["json"]["type"].as_str().unwrap_or("no type");
        let case = self.filled(case);
        let body = json!({"token": self.tokens["u_act"], "caveats": [case["json"]]});
        let answer = self.ask("confine", body).await;
        let ours = if answer.status == 200 {
            caveats_of(answer.json()["token"].as_str().unwrap()).pop().unwrap()
        } else {
            refusal(&answer)
        };
        let (taken, theirs) = match case["text"].as_str() {
            Some(text) => ("text", text.to_owned()),
            None => ("refusal", format!("{} {}", case["status"], case["error"].as_str().unwrap())),
        };
        Compared { kind: format!("{kind}, {taken}"), theirs, ours }
    }

    /// A token in a call: whether it is good, with what the answer says beside the subject, or the refusal and what is inside it.
    pub async fn judge(&self, case: &Value) -> Compared {
        let case = self.filled(case);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (call, verdict) = (text(&case["call"]), &case["verdict"]);
        let mut body: Map<String, Value> = case["body"].as_object().unwrap().clone();
        for key in ["serviceToken", "consumerToken"] {
            if let Some(name) = body.get(key).and_then(Value::as_str) {
                let (prefix, name) = name.split_at(name.len() - name.rsplit('-').next().unwrap().len());
                body[key] = self.token(prefix, name, &case["body_token_caveats"][key]).into();
            }
        }
        let answer = self.ask_about(&call, &case, &case["caveats"], &body).await;
        let (ours, first) = if answer.status == 200 {
            // What reaches how far is said without its owner.
            let owner = (call != "infer_access_token_scope").then(|| self.owner(&text(&case["token"])));
            assert_eq!(answer.json().get("subject"), owner.as_ref(), "{case}");
            (granted(&answer.json()), None)
        } else {
            if unverified(&answer).is_some() {
                let first = self.first_that_fails_alone(&call, &case, &body).await;
                assert_eq!(unverified(&answer), first, "{case}");
            }
            (refusal(&answer), answer.json().pointer("/error/details/caveat/type").map(text))
        };
        let theirs = match verdict["error"].as_str() {
            None => format!("{} {}", verdict["status"], said(verdict)),
            Some(error) => {
                let inner = verdict["inner"].as_str().map_or_else(String::new, |inner| format!(" of {inner}"));
                format!("{} {error}{inner}", verdict["status"])
            }
        };
        let first = first.map_or_else(String::new, |kind| format!(" ({kind})"));
        Compared { kind: format!("{call}, {}{first}", verdict["error"].as_str().unwrap_or("accepted")), theirs, ours }
    }

    async fn ask(&self, call: &str, body: Value) -> Answer {
        self.server.json("POST", &format!("/tokens/{call}"), body, As::Nobody).await
    }

    /// Asks about the token of a case, with these caveats.
    async fn ask_about(&self, call: &str, case: &Value, caveats: &Value, body: &Map<String, Value>) -> Answer {
        let text = |key: &str| case[key].as_str().unwrap();
        let mut body = body.clone();
        body.insert("token".to_owned(), self.token(text("prefix"), text("token"), caveats).into());
        self.ask(call, body.into()).await
    }

    /// Of the caveats of a case in their order, the first that is not met where the token has no other, as it is answered.
    async fn first_that_fails_alone(&self, call: &str, case: &Value, body: &Map<String, Value>) -> Option<Value> {
        for caveat in case["caveats"].as_array().unwrap() {
            let first = unverified(&self.ask_about(call, case, &json!([caveat]), body).await);
            if first.is_some() {
                return first;
            }
        }
        None
    }

    /// Whose a token of the cases is, as it is answered.
    fn owner(&self, token: &str) -> Value {
        let (_, whose, ..) = TOKENS.into_iter().find(|(name, ..)| *name == token).unwrap();
        match whose {
            Whose::User => json!({"type": "user", "id": self.user}),
            Whose::Service => json!({"type": "oneprovider", "id": self.service}),
        }
    }

    fn token(&self, prefix: &str, name: &str, caveats: &Value) -> String {
        let caveats = caveats.as_array().into_iter().flatten().map(|caveat| caveat.as_str().unwrap());
        format!("{prefix}{}", caveats.fold(self.tokens[name].clone(), |token, caveat| narrowed(&token, caveat)))
    }

    /// The case with ids and moments of this server in the place of `${USER}`, `${SERVICE}` and `${NOW+n}`.
    fn filled(&self, case: &Value) -> Value {
        let text = case.to_string().replace("${USER}", &self.user).replace("${SERVICE}", &self.service);
        let mut parts = text.split("${NOW");
        let mut filled = parts.next().unwrap().to_owned();
        for part in parts {
            let (offset, rest) = part.split_once('}').unwrap();
            let moment = self.server.now_s().checked_add_signed(offset.parse().unwrap()).unwrap();
            filled = format!("{filled}{moment}{rest}");
        }
        serde_json::from_str(&filled).unwrap()
    }
}

/// What an answer says beside the subject. That there is an end is compared, not when: the temporary tokens of the cases had another.
fn granted(json: &Value) -> String {
    let mut said_so = json!({});
    if let Some(ttl) = json.get("ttl") {
        said_so["ttl"] = if ttl.is_null() { Value::Null } else { "remaining".into() };
    }
    if let Some(scope) = json.get("dataAccessScope") {
        said_so["readonly"] = scope["readonly"].clone();
    }
    format!("200 {}", said(&said_so))
}

fn said(verdict: &Value) -> String {
    let keys = ["ttl", "readonly"].into_iter().filter_map(|key| verdict.get(key).map(|value| format!("{key} {value}")));
    keys.collect::<Vec<_>>().join(", ")
}

/// The caveat that an answer says is not met.
fn unverified(answer: &Answer) -> Option<Value> {
    (answer.status != 200 && answer.error() == "tokenCaveatUnverified")
        .then(|| answer.json()["error"]["details"]["caveat"].clone())
}

/// Status, id, and the id of what is inside.
fn refusal(answer: &Answer) -> String {
    let inner = answer.json().pointer("/error/details/tokenError/id").and_then(Value::as_str).map(str::to_owned);
    let inner = inner.map_or_else(String::new, |inner| format!(" of {inner}"));
    format!("{} {}{inner}", answer.status, answer.error())
}

/// The records of the places, in the shape of GeoLite2's.
fn records(places: &Value) -> BTreeMap<std::net::Ipv4Addr, Value> {
    let record = |place: &Value| {
        let mut country = json!({"iso_code": place["country"]});
        if place["eu"] == true {
            country["is_in_european_union"] = true.into();
        }
        let mut record = json!({"country": country, "continent": {"code": place["continent"]}});
        if !place["asn"].is_null() {
            record["autonomous_system_number"] = place["asn"].clone();
        }
        record
    };
    places.as_object().unwrap().iter().map(|(address, place)| (address.parse().unwrap(), record(place))).collect()
}
