//! `POST /tokens/examine`: shows the contents of a token of any issuer. Nothing is verified.

use super::object::{EXAMPLE_TEXT, EXAMPLE_TOKEN_ID, subject};
use crate::api::prelude::*;
use crate::api::users::EXAMPLE_ID;
use crate::kind::token;
use crate::schema::{CaveatObject, SubjectObject, TokenTypeObject};
use zonemint_base::model::SubjectKind;
use zonemint_caveat::{Caveat, TokenKind};

operation! { ExamineToken: post "/tokens/examine" examine = Create "token" Null "examine" Public }

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ExaminedToken {
    onezone_domain: String,
    id: String,
    persistence: &'static str,
    #[schema(value_type = SubjectObject)]
    subject: Value,
    #[schema(value_type = TokenTypeObject)]
    r#type: Value,
    #[schema(value_type = Vec<CaveatObject>)]
    caveats: Vec<Value>,
}

pub(crate) fn document() -> Document {
    Document::anyone::<ExamineToken>("Inspect a token without verifying it")
        .about("Accepts tokens of any issuer.")
        .body(json!({"token": EXAMPLE_TEXT}), |body| read(body).map(drop))
        .answers(
            StatusCode::OK,
            "The contents of the token.",
            &ExaminedToken {
                onezone_domain: "onezone.example.com".to_owned(),
                id: EXAMPLE_TOKEN_ID.to_owned(),
                persistence: "named",
                subject: subject(SubjectKind::User, EXAMPLE_ID),
                r#type: json!({"accessToken": {}}),
                caveats: vec![json!({"type": "time", "validUntil": 1_800_000_000})],
            },
        )
}

pub(crate) async fn examine(services: Shared, anyone: Anyone, Options(options): Options) -> Result<Response> {
    anyone.allows(&general::<ExamineToken>())?;
    let text = read(&mut Body::new(&options))?;
    let examined = services.tokens.inspect(text).map_err(|why| ApiError::about(why.into(), TokenKind::Access))?;
    answer::json(&ExaminedToken {
        onezone_domain: examined.location,
        id: examined.id,
        persistence: examined.persistence,
        // An older token does not name its subject; only the store of its issuer knows it.
        subject: examined
            .subject
            .map_or_else(|| json!({"type": "nobody", "id": null}), |(kind, id)| subject(kind, &id)),
        r#type: examined.kind.to_json(),
        caveats: examined.caveats.iter().map(Caveat::to_json).collect(),
    })
}

fn read<'a>(body: &mut Body<'a>) -> Result<&'a str, DataError> {
    body.required("token", token())
}
