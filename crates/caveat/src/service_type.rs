//! Services at which tokens are used.

use serde_json::{Value, json};

use super::list::Field;
use super::party::{Party, PartyKind, Pattern};

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

impl PartyKind for ServiceType {
    const ALL: &'static [Self] = &[Self::OzWorker, Self::OzPanel, Self::OpWorker, Self::OpPanel];
    const FIELD: Field = Field {
        kind: "service",
        name: "whitelist",
        item: "ozw, ozp, opw or opp, a dash, and an id or *, such as \"ozw-onezone\" or \"opw-*\"",
    };

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
    pub const fn onezone() -> Self {
        Self::known(ServiceType::OzWorker, Self::ONEZONE)
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
