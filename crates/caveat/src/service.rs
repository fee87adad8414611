//! `service = ozw-onezone|opw-*`: at which services a token may be used.

use super::party::Parties;
use super::{Request, ServiceType, Unmet};

/// Holds when the service is known and listed.
pub type Services = Parties<ServiceType>;

impl Services {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Service;
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
