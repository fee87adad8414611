//! `POST /providers`: creates a service. Its tokens are minted at `/providers/{id}/tokens`.

use crate::api::prelude::*;
use crate::api::users::EXAMPLE_ID;
use crate::kind::full_name;
use zonemint_base::model::FullName;

operation! {
    CreateProvider: post "/providers" create = Create "provider" Null "instance" Private needs ProvidersCreate
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MadeService {
    provider_id: String,
}

pub(crate) fn document() -> Document {
    Document::by::<CreateProvider>("Create a service")
        .about("Mint its tokens at `/providers/{id}/tokens`.")
        .body(json!({"name": "data store"}), read)
        .answers(StatusCode::CREATED, "Created.", &MadeService { provider_id: EXAMPLE_ID.to_owned() })
        .header("Location")
        .fails([DataError::BadValueIdentifierOccupied { key: "name" }])
}

pub(crate) async fn create(
    services: Shared,
    caller: Authorized<CreateProvider>,
    base: Base,
    Options(options): Options,
) -> Result<Response> {
    let name = read(&mut Body::new(&options))?;
    // Two services with the same name could not be distinguished. Two requests at the same moment may both succeed.
    if !services.accounts.services(|service| service.full_name == name).await?.is_empty() {
        return Err(DataError::BadValueIdentifierOccupied { key: "name" }.into());
    }
    let service = services.accounts.add_service(name, &caller).await?;
    let answer = answer::json_with(StatusCode::CREATED, &MadeService { provider_id: service.id.to_string() })?;
    Ok(base.locate(answer, &format!("/providers/{}", service.id)))
}

fn read(body: &mut Body<'_>) -> Result<FullName, DataError> {
    body.required("name", full_name())
}
