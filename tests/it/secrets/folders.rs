//! Folders that are made for secrets, whatever the umask.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::{PASSWORD, Program};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_first_start_makes_folders_and_files_for_its_owner_only() {
    for umask in ["000", "022", "077"] {
        let environment = [
            ("ZONEMINT_ADMIN_PASSWORD", PASSWORD),
            ("ZONEMINT_STORE__FOLDER", "above/data"),
            ("ZONEMINT_TLS__FOLDER", "above/certs"),
        ];
        let program = Program::start_by(&format!("umask {umask}; exec \"$@\""), &environment);
        let at = |name: &str| program.folder.path().join(name);
        for folder in ["above", "above/data", "above/certs"] {
            assert_eq!(mode(&at(folder)), 0o700, "{folder} under umask {umask}");
        }
        let files = ["data/zonemint.db", "data/zonemint.kek", "data/server.lock", "certs/key.pem"];
        for file in files.map(|file| format!("above/{file}")) {
            assert_eq!(mode(&at(&file)), 0o600, "{file} under umask {umask}");
        }
        let all = std::fs::read_dir(at("above/data")).unwrap().map(|entry| entry.unwrap().path());
        let open: Vec<_> = all.filter(|path| mode(path) & 0o077 != 0).collect();
        assert!(open.is_empty(), "{open:?} under umask {umask}");
    }
}

#[test]
fn a_folder_of_certificates_that_is_there_keeps_its_mode_and_what_is_in_it() {
    let made = "umask 0; mkdir -m 755 certs; echo about > certs/README.md; exec \"$@\"";
    let program = Program::start_by(made, &[("ZONEMINT_ADMIN_PASSWORD", PASSWORD)]);
    assert_eq!(mode(&program.folder.path().join("certs")), 0o755);
    assert_eq!(mode(&program.folder.path().join("certs/key.pem")), 0o600);
    assert_eq!(mode(&program.folder.path().join("data")), 0o700);
    assert_eq!(std::fs::read_to_string(program.folder.path().join("certs/README.md")).unwrap(), "about\n");
}
