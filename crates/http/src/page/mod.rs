//! Pages for people: the console at `/`, with the styles and modules that it loads from `/console/…`, and the manual at
//! `/manual`. All of it is in the binary.
//!
//! The page is plain HTML, CSS and ES modules. It reads what it shows from the API, like any other client. On this side there
//! are only its files, their types, and the policy under which a browser runs them. One module is made from the declarations of
//! the operations: see [`declared`].
//!
//! Where the next thing goes: a module or style is a file below `assets/` and a line in [`ASSETS`]; a text that people read is a
//! line in `assets/texts/en.js`; a view is a file in `assets/views/` and a line in `assets/routes.js`.

mod declared;
mod manual;
mod serve;

use std::sync::{LazyLock, OnceLock};

use axum::Router;

use super::openapi::{Document, Place};
use super::state::SharedServices;
use super::static_asset::StaticAsset;
use serve::{PAGE, serve};

/// A file of the console.
struct Asset {
    path: &'static str,
    kind: &'static str,
    body: &'static str,
}

macro_rules! assets {
    ($($kind:ident: $($file:literal)+;)+) => {
        &[
            Asset { path: "/", kind: PAGE, body: include_str!("assets/index.html") },
            $($(Asset {
                path: concat!("/console/", $file),
                kind: $kind,
                body: include_str!(concat!("assets/", $file)),
            }),+),+
        ]
    };
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

/// The page, and what it loads.
static ASSETS: &[Asset] = assets! {
    SCRIPT:
        "theme.js" "main.js" "routes.js" "account_path.js" "shell.js" "session.js" "api.js" "failures.js" "dom.js"
        "dialogs.js" "passwords.js" "widgets.js" "secret.js" "recipes.js" "texts.js" "texts/en.js" "moments.js" "macaroon.js"
        "macaroon_v2.js" "text.js" "caveats.js" "addresses.js" "http_paths.js" "caveat_forms.js" "charts.js"
        "views/sign_in.js" "views/reset.js" "views/tokens.js" "views/token.js" "views/token_actions.js" "views/token_charts.js"
        "views/token_words.js" "views/made.js" "views/create.js" "views/inspect.js" "views/account.js" "views/accounts.js"
        "views/users.js" "views/user.js" "views/privileges.js" "views/services.js" "views/keys.js" "views/audit.js"
        "views/audit_rows.js";
    STYLE: "base.css" "parts.css" "tables.css" "views.css" "manual.css";
    IMAGE: "mark.svg";
};

/// In the order of [`ASSETS`].
static STATIC_ASSETS: LazyLock<Vec<StaticAsset>> =
    LazyLock::new(|| ASSETS.iter().map(|asset| StaticAsset::new(asset.kind, asset.body)).collect());

/// The routes of the pages. `described` are the operations, which the console asks for.
pub(super) fn routes(described: fn() -> Vec<(Place, Document)>) -> Router<SharedServices> {
    static DECLARED: OnceLock<StaticAsset> = OnceLock::new();
    let declared = move || DECLARED.get_or_init(|| StaticAsset::new(SCRIPT, declared::script(&described())));
    let made = manual::routes().route("/console/declared.js", serve(declared));
    ASSETS
        .iter()
        .enumerate()
        .fold(made, |router, (at, asset)| router.route(asset.path, serve(move || &STATIC_ASSETS[at])))
}
