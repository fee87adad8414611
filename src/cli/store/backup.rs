//! `zonemint store backup`.

use std::path::PathBuf;

use serde_json::json;

use crate::app;
use crate::cli::{Common, Failure, fail, print};
use zonemint_service::audit::End;
use zonemint_store::sqlite::{self, DataFolder};

pub(super) const ABOUT: &str = "\
Write a consistent backup into one file; a server may run meanwhile

The backup is the embedded database at one moment: it has everything that was answered before the
command began. It blocks no request, and needs as much disk space as the database has records. The
file gets mode 0600, and gets its name only when it is complete and on disk; an existing file is
never overwritten.

The command prints the end of the audit chain in the backup, as CHAIN:NUMBER:HASH. Keep it apart
from the backup: `zonemint audit verify` and `zonemint store restore` accept it with --expect.

The key-encryption key is NOT in the backup. Keep a copy of it elsewhere: without it no token can be
verified, and with both anyone can mint tokens.

A backup does not contain what is revoked after it. Export the audit trail often, with
`zonemint audit export`, and keep it with the backups: with it a restore repeats what was revoked,
blocked or deleted since.

For a shared store use the database's own tools: `pg_dump`, or a base backup with archived WAL; or
`zonemint store copy` into an embedded store.";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The file to write; it must not exist
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.common.location.load_for_process()?;
    if config.store.is_shared() {
        return fail(
            "a shared store is backed up with the database's own tools: `pg_dump`, or a base backup with archived WAL; or copy it \
             to an embedded store with `zonemint store copy --from … --to sqlite:DIR`",
        );
    }
    let folder = &config.store.folder;
    app::must_hold_a_store(folder).map_err(|error| arguments.common.location.explain(error))?;
    let folder = DataFolder::at(folder);
    folder.must_be_writable()?;
    let head = sqlite::backup(&folder.database(), &arguments.file)?;
    let file = arguments.file.display();
    let end = End(head);
    print(&arguments.common.output.object(&json!({"file": file.to_string(), "auditEnd": end.to_string()}), || {
        format!(
            "wrote {file}\nits audit chain ends at {end}\nthe key-encryption key is not in it: keep a copy of that apart from it\n"
        )
    }))
}
