//! `zonemint token`: inspects tokens offline, imports those of a Onezone, and revokes those that live too long.

mod import;
mod revoke;

use super::{Failure, inspect};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print what a token says, without asking any server
    ///
    /// Exits 0 if the token parses strictly and, with a secret, its signature is right. Otherwise exits 1,
    /// with the rule that it breaks. A token that is printed here may be expired, revoked, or forged.
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
    /// When a token expires is written in its text, which its holder has. A token that is imported
    /// without its text is verified when it is used, and can be revoked. But it is never listed with
    /// its text, and cannot be rotated: minted again here, it would never expire. With "token", it is
    /// listed as before.
    ///
    /// Secrets are stored sealed, so the command needs the key-encryption key that the server has. A
    /// token that cannot be imported is refused with a reason. The others are added, 500 at a time.
    /// Tokens that exist already are refused, so the same file can be given again.
    ///
    /// Exits 0 if all tokens were imported, 1 if some were refused.
    #[command(verbatim_doc_comment)]
    Import(import::Arguments),
    /// Revoke valid tokens that live too long, of all accounts, also of services
    ///
    /// A token that was imported without its text never counts as endless: when it expires is only in that
    /// text. The owner can restore a revoked token, with the password.
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
