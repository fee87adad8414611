//! What to do about files of another user of this machine: who owns them, and as whom to run the program.

use std::fmt::Write as _;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Where the system's users are listed (passwd(5)). Users of a directory service are not in it, and are shown by number.
const USERS: &str = "/etc/passwd";

/// Whether an error says that this user may not do something.
pub(super) fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// Says whose a file or folder is, and who may use it.
pub(super) fn explain(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let own = rustix::process::geteuid().as_raw();
    let mut text = format!("permission denied: {} cannot be used by the user {}", absolute.display(), user(own));
    // What lies in a folder of somebody else cannot be looked at: the folder's owner is the one.
    let known = absolute.ancestors().find_map(|path| Some((path, fs::metadata(path).ok()?)));
    let Some((nearest, data)) = known else { return text };
    let _ = if data.uid() == own {
        write!(
            text,
            ", who owns it; its mode is {:04o}: give the owner the right to read and write",
            data.mode() & 0o7777
        )
    } else if nearest == absolute || !may_enter(&data) {
        let (owner, shown) = (user(data.uid()), nearest.display());
        write!(
            text,
            "; run it as {owner}, who owns {shown}, as in `sudo -u {owner} zonemint …`, or give it to this user: \
             `chown -R {own} {shown}`"
        )
    } else {
        write!(text, "; make it for this user in {}, or name another folder with --data", nearest.display())
    };
    text
}

/// Whether a folder is open to all, so that what is missing in it is known to be missing.
fn may_enter(folder: &Metadata) -> bool {
    folder.mode() & 0o001 != 0
}

/// A user's name; where there is none, the number, as `sudo -u` takes it from a shell.
fn user(id: u32) -> String {
    let users = fs::read_to_string(USERS).unwrap_or_default();
    name_in(&users, id).map_or_else(|| format!("'#{id}'"), str::to_owned)
}

/// The name of an id in the text of passwd(5): fields with colons between them, the first the name, the third the id.
fn name_in(users: &str, id: u32) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_the_system_or_by_number() {
        let users = "root:x:0:0:root:/root:/bin/bash\n# comment\nzonemint:x:998:997::/var/lib/zonemint:/bin/false\n";
        assert_eq!(name_in(users, 998), Some("zonemint"));
        assert_eq!(name_in(users, 0), Some("root"));
        assert_eq!(name_in(users, 997), None, "this is a group");
        assert_eq!(user(4_000_000_000), "'#4000000000'");
    }
}
