//! `service = ozw-onezone|opw-*`: to which services a token may be handed.

use std::fmt;

use serde_json::{Value, json};

use super::list::Field;
use super::party::{Kind, Parties, Party, Pattern};
use super::{JsonError, Request, Unmet};

const FIELD: Field = Field {
    kind: "service",
    name: "whitelist",
    item: "ozw, ozp, opw or opp, a dash, and an id or *, such as \"ozw-onezone\" or \"opw-*\"",
};

/// What a service is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServiceType {
    /// A Onezone, `ozw`.
    OzWorker,
    /// The panel of a Onezone, `ozp`.
    OzPanel,
    /// A Oneprovider, `opw`.
    OpWorker,
    /// The panel of a Oneprovider, `opp`.
    OpPanel,
}

/// One service, as in `opw-abc`.
pub type Service = Party<ServiceType>;

/// One service or all of a type, as in `opw-abc` or `opw-*`.
pub type ServicePattern = Pattern<ServiceType>;

/// Holds when the service is known and listed.
pub type Services = Parties<ServiceType>;

impl Kind for ServiceType {
    const ALL: &'static [Self] = &[Self::OzWorker, Self::OzPanel, Self::OpWorker, Self::OpPanel];

    fn abbreviation(self) -> &'static str {
        match self {
            Self::OzWorker => "ozw",
            Self::OzPanel => "ozp",
            Self::OpWorker => "opw",
            Self::OpPanel => "opp",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::OzWorker => "oz_worker",
            Self::OzPanel => "oz_panel",
            Self::OpWorker => "op_worker",
            Self::OpPanel => "op_panel",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::OzWorker => "Onezone",
            Self::OzPanel => "Onezone panel",
            Self::OpWorker => "Oneprovider",
            Self::OpPanel => "Oneprovider panel",
        }
    }
}

impl Service {
    /// The id of Onezone's own services.
    pub const ONEZONE: &str = "onezone";

    /// The Onezone that verifies, `ozw-onezone`.
    #[must_use]
    pub fn onezone() -> Option<Self> {
        Self::new(ServiceType::OzWorker, Self::ONEZONE)
    }

    /// Reads the object form, as in `{"type":"op_worker","id":"abc"}`. Unknown keys are ignored.
    #[must_use]
    pub fn from_json(json: &Value) -> Option<Self> {
        let name = json.get("type")?.as_str()?;
        let kind = ServiceType::ALL.iter().find(|kind| kind.name() == name)?;
        Self::new(*kind, json.get("id")?.as_str()?)
    }

    /// The object form, as in `{"type":"op_worker","id":"abc"}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"type": self.kind().name(), "id": self.id()})
    }
}

impl ServicePattern {
    /// The object form, as in `{"type":"op_worker","id":"*"}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"type": self.kind().name(), "id": self.id().unwrap_or("*")})
    }
}

impl Services {
    pub(super) fn parse(cid: &str) -> Option<Self> {
        Self::parse_list(cid.strip_prefix("service = ")?)
    }

    pub(super) fn from_json(json: &Value) -> Result<Self, JsonError> {
        Self::read(json, FIELD)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"type": FIELD.kind, FIELD.name: self.strings()})
    }

    pub(super) fn in_words(&self) -> String {
        format!("usable only at {}", self.words())
    }

    pub(super) fn unverified_description(&self) -> String {
        format!(
            "unverified service caveat: the service using this token must authenticate as '{}' (use the \
             x-onedata-service-token header), or the requested API operation is disallowed for the whitelisted services",
            self.names()
        )
    }

    pub(super) fn check(&self, request: &Request) -> Result<(), Unmet> {
        let service = request.service.as_ref().ok_or(Unmet::ServiceUnknown)?;
        if self.allow(service) { Ok(()) } else { Err(Unmet::Service(service.clone())) }
    }
}

impl fmt::Display for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "service = {}", self.joined())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(list: &str) -> Services {
        Services::parse(&format!("service = {list}")).expect("a valid caveat")
    }

    fn at(service: &str) -> Request {
        Request { service: Service::parse(service), ..Request::at(0) }
    }

    #[test]
    fn it_holds_for_a_listed_service_and_for_all_of_a_listed_type() {
        let caveat = services("ozw-onezone|opw-*");
        assert_eq!(caveat.check(&at("ozw-onezone")), Ok(()));
        assert_eq!(caveat.check(&at("opw-abc")), Ok(()));
        assert_eq!(caveat.check(&at("opp-abc")), Err(Unmet::Service(Service::parse("opp-abc").unwrap())));
        assert_eq!(caveat.check(&Request::at(0)), Err(Unmet::ServiceUnknown));
    }

    #[test]
    fn a_concrete_service_has_two_forms_and_no_wildcard() {
        let service = Service::new(ServiceType::OpWorker, "abc").unwrap();
        assert_eq!(Service::parse("opw-abc"), Some(service.clone()));
        assert_eq!(service.to_string(), "opw-abc");
        assert_eq!(Service::from_json(&json!({"type": "op_worker", "id": "abc", "x": 1})), Some(service.clone()));
        assert_eq!(service.to_json(), json!({"type": "op_worker", "id": "abc"}));
        assert_eq!(Service::parse("opw-*"), None);
        assert_eq!(Service::from_json(&json!({"type": "opw", "id": "abc"})), None);
    }

    #[test]
    fn a_type_covers_its_services_and_not_the_other_way_round() {
        assert!(services("opw-a|ozw-*").implies(&services("opw-*|ozw-*")));
        assert!(!services("opw-*").implies(&services("opw-a|opw-b")));
        assert!(!services("opw-a").implies(&services("opp-*")));
    }
}
