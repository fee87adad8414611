//! `zonemint user names`: how user names are compared.

use super::display::{name, state};
use crate::app;
use crate::cli::opened_store::OpenedStore;
use crate::cli::{Failure, Location, fail, print};
use zonemint_base::model::User;
use zonemint_http::Gate;
use zonemint_service::user::{Clash, IgnoreCase};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Ignore the case of names
    #[arg(long, required = true)]
    ignore_case: bool,
    #[command(flatten)]
    pub(super) location: Location,
}

pub(super) async fn ignore_case(opened: &OpenedStore) -> Result<(), Failure> {
    app::refuse_earlier_programs(&opened.config.store).await?;
    let gate = opened.gate();
    match opened.accounts.ignore_case(|name| gate.lists_in_another_case(name)).await? {
        IgnoreCase::Marked(count) => print(&format!(
            "the case of user names is ignored from now on, by every node; {count} accounts have names\n"
        )),
        IgnoreCase::Clashes(clashes) => {
            print(&clashes.iter().map(|clash| describe(clash, &gate)).collect::<String>())?;
            fail(
                "these names differ in case only, from each other or from what is shown, so nothing was changed: give users other \
                 names with `zonemint user rename` (the spelling shown, if they are to have what comes with it), or remove users; \
                 then run this again",
            )
        }
        IgnoreCase::Overtaken => fail("nothing was changed, because names were written meanwhile: run this again"),
    }
}

/// Describes a clash in one line.
fn describe(clash: &Clash, gate: &Gate) -> String {
    let one = |user: &User| format!("{} ({}, {})", name(user), user.id, state(user));
    match clash {
        Clash::Names(users) => format!("{}\n", users.iter().map(one).collect::<Vec<_>>().join("  ")),
        Clash::Reserved(user) => {
            let groups = user.name.as_ref().map(|name| gate.groups_listing(name, true)).unwrap_or_default();
            format!("{}  would be in {} of forward_auth.groups\n", one(user), groups.join(", "))
        }
        Clash::Former(user, former) => format!("{}  another account was called {former} before\n", one(user)),
    }
}
