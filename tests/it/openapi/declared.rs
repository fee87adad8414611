//! Whether an answer is one that the document declares: status, media type, headers, the id of an error.

use serde_json::Value;

use super::Described;
use crate::support::Answer;

impl Described<'_> {
    /// What the document says of a status, references followed.
    fn declared<'a>(&'a self, document: &'a Value, status: u16) -> &'a Value {
        let declared = &self.operation["responses"][status.to_string()];
        assert!(!declared.is_null(), "{} {} does not declare {status}", self.method, self.path);
        resolve(document, declared)
    }

    /// Checks an answer.
    pub fn check(&self, document: &Value, answer: &Answer) {
        let declared = self.declared(document, answer.status);
        for (name, header) in declared["headers"].as_object().unwrap() {
            if resolve(document, header)["required"] == false {
                continue;
            }
            assert!(!answer.header(name).is_empty(), "{} {}: no {name}: {answer:?}", self.method, self.path);
        }
        let Some(content) = declared["content"].as_object() else {
            assert_eq!(answer.body, "", "{} {}", self.method, self.path);
            return;
        };
        let kind = answer.header("content-type").split(';').next().unwrap();
        assert!(content.contains_key(kind), "{} {}: {answer:?}", self.method, self.path);
        if answer.status >= 400 {
            check_error(&content[kind], &answer.json(), self);
        }
    }
}

/// By the newer contract the id is one that is declared; by the older one there is a text.
fn check_error(content: &Value, body: &Value, at: &Described<'_>) {
    match content.pointer("/schema/properties/error/properties/id/enum") {
        Some(ids) => {
            assert!(ids.as_array().unwrap().contains(&body["error"]["id"]), "{} {}: {body}", at.method, at.path);
        }
        None => assert!(body["error"].is_string(), "{} {}: {body}", at.method, at.path),
    }
}

/// What a reference within the document stands for, or the thing itself.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    document.pointer(reference.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}
