//! An answer; on arrival, the rules that hold for every answer are checked.

use reqwest::header::HeaderMap;
use serde_json::Value;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn of(response: reqwest::Response, secrets: &[String]) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.text().await.unwrap();
        let answer = Self { status, headers, body };
        answer.check(secrets);
        answer
    }

    fn check(&self, secrets: &[String]) {
        assert!(!self.header("x-request-id").is_empty(), "{self:?}");
        assert_eq!(self.header("x-content-type-options"), "nosniff", "{self:?}");
        assert_eq!(self.header("referrer-policy"), "no-referrer", "{self:?}");
        // With this header, a browser would let another site's page use the user's stored credentials.
        assert!(!self.headers.contains_key("access-control-allow-credentials"), "{self:?}");
        // An answer with an entity tag is the same for every user. A cache must revalidate it.
        let keeping = if self.headers.contains_key("etag") { "no-cache" } else { "no-store" };
        assert_eq!(self.header("cache-control"), keeping, "{self:?}");
        assert!(self.header("strict-transport-security").starts_with("max-age="), "{self:?}");
        if self.status == 401 {
            assert!(self.headers.contains_key("www-authenticate"), "{self:?}");
        }
        if matches!(self.status, 429 | 503) {
            assert!(self.header("retry-after").parse::<u64>().unwrap() >= 1, "{self:?}");
        }
        if self.status >= 400 && !self.body.is_empty() {
            assert_eq!(self.header("content-type"), "application/json", "{self:?}");
            assert!(!self.error().is_empty(), "{self:?}");
        }
        for secret in secrets {
            assert!(!self.body.contains(secret) && !format!("{:?}", self.headers).contains(secret), "{self:?}");
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The text of an error; by the newer contract its id, or the id of why nobody was authenticated.
    pub fn error(&self) -> String {
        let json = self.json();
        let error = &json["error"];
        let told = if error.is_object() {
            assert!(error["description"].as_str().is_some_and(|text| text.ends_with('.')), "{self:?}");
            assert_eq!(error.get("ctx"), Some(&Value::Null), "{self:?}");
            error.pointer("/details/authError/id").unwrap_or(&error["id"])
        } else {
            error
        };
        told.as_str().unwrap_or_else(|| panic!("no error: {self:?}")).to_owned()
    }

    /// Status and error, which most tests of a refusal compare.
    pub fn refusal(&self) -> (u16, String) {
        assert!(self.status >= 400, "{self:?}");
        (self.status, self.error())
    }

    /// The names of an object's keys, sorted.
    pub fn keys(&self) -> Vec<String> {
        keys(&self.json())
    }

    /// The token of a 200.
    pub fn token(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["token"].as_str().unwrap().to_owned()
    }

    /// The listed tokens of a 200.
    pub fn tokens(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["tokens"].as_array().unwrap().iter().map(|token| token.as_str().unwrap().to_owned()).collect()
    }
}

/// The names of an object's keys.
pub fn keys(object: &Value) -> Vec<String> {
    object.as_object().unwrap_or_else(|| panic!("no object: {object}")).keys().cloned().collect()
}
