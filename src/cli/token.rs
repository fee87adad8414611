//! `zonemint token`: looking into tokens, offline; taking over those of a Onezone; revoking those that live too long.

mod import;
mod revoke;

use super::{Failure, inspect};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print what a token says, without asking any server
    ///
    /// Exits 0 when the token parses strictly and, with a secret, when its signature is right; else 1, with
    /// the rule that it breaks. A token that is printed here may still be expired, revoked, or forged.
    #[command(verbatim_doc_comment)]
    Inspect(inspect::Arguments),
    /// Import client tokens of a Onezone, which stay valid here
    ///
    /// One token a line, as a JSON object:
    ///   "identifier"  43 characters of base64url (17.06), 32 hexadecimal digits (18.02), or those,
    ///                 `ch` and four more
    ///   "secret"      64 hexadecimal digits, in the case in which Onezone keeps them: their text is
    ///                 the key
    ///   "user"        name or id of its user here; import users first
    ///   "token"       optional: the token's whole text, whose signature is checked with the secret
    ///
    /// What ends a token stands in its text, which its holder has. A token that is taken over without
    /// its text is verified when it is shown and can be revoked, but it is never listed with its text,
    /// nor rotated: minted again here, it would never expire. Give "token", and it is listed as
    /// before.
    ///
    /// Secrets are kept sealed, so the key-encryption key is needed as the server has it. Tokens that
    /// cannot be taken are refused, each with a reason; the others are added, 500 at a time. Those that
    /// exist already are refused, so the same file may be given again.
    ///
    /// Exits 0 if all were taken over, 1 if some were refused.
    #[command(verbatim_doc_comment)]
    Import(import::Arguments),
    /// Revoke good tokens that live too long, of all accounts, services too
    ///
    /// A token that was taken over without its text has its end in that text alone, so it never counts as
    /// endless. The owner can take a revocation back, with the password.
    #[command(verbatim_doc_comment)]
    Revoke(revoke::Arguments),
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Inspect(arguments) => inspect::run(arguments),
        Command::Import(arguments) => import::run(arguments),
        Command::Revoke(arguments) => revoke::run(arguments),
    }
}
