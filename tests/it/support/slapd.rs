//! OpenLDAP's server, where it is installed, with a directory of a small organisation.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::identity::Identity;
use super::process::{Process, folder, free_port, installed};

/// Set where a missing slapd is to be a failure.
const REQUIRED: &str = "ZONEMINT_REQUIRE_LDAP";

/// Everybody's password but for those that say otherwise.
pub const PASSWORD: &str = "correct horse";
/// The service account, and its password.
pub const SERVICE: (&str, &str) = ("cn=service,dc=zone,dc=test", "service secret");
/// Another one, which is sent one entry for each search.
pub const LIMITED: &str = "cn=limited,dc=zone,dc=test";

/// `objectGUID` as Active Directory has it, which OpenLDAP's schema lacks.
const SCHEMA: &str = "\
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.99999.1 NAME 'hasGuid' SUP top AUXILIARY MAY objectGUID )
";

const PEOPLE: &str = include_str!("../ldap/people.ldif");
/// Added while the server runs: only then its overlay writes `memberOf`.
const GROUPS: &str = include_str!("../ldap/groups.ldif");

/// A server, and its files, which stay when it stops.
pub struct Slapd {
    files: TempDir,
    pub ldap: u16,
    pub ldaps: u16,
    process: Option<Process>,
}

static SHARED: OnceCell<Option<Slapd>> = OnceCell::const_new();

impl Slapd {
    /// One for all tests that lock nobody and stop nothing. None where slapd is not installed.
    pub async fn shared() -> Option<&'static Self> {
        SHARED.get_or_init(|| Self::start("")).await.as_ref()
    }

    /// One for this test, with more people as LDIF. None as for [`Slapd::shared`].
    pub async fn start(more_people: &str) -> Option<Self> {
        let program = installed("slapd", REQUIRED)?;
        installed("ldapadd", REQUIRED)?;
        let files = tempfile::Builder::new().prefix("zonemint-slapd").tempdir().unwrap();
        let identity = Identity::of_localhost();
        let config = config(&files);
        let people = PEOPLE.replace("PASSWORD", PASSWORD).replace("SERVICE", SERVICE.1) + "\n" + more_people;
        for (name, text) in [
            ("ca.pem", &identity.root),
            ("cert.pem", &identity.certificate),
            ("key.pem", &identity.key),
            ("zone.schema", &SCHEMA.to_owned()),
            ("people.ldif", &people),
            ("groups.ldif", &GROUPS.to_owned()),
            ("slapd.conf", &config),
        ] {
            fs::write(files.path().join(name), text).unwrap();
        }
        fs::create_dir(files.path().join("data")).unwrap();
        run(Command::new(program.with_file_name("slapadd"))
            .args(["-q", "-f"])
            .arg(files.path().join("slapd.conf"))
            .arg("-l")
            .arg(files.path().join("people.ldif")));
        let mut slapd = Self { files, ldap: free_port(), ldaps: free_port(), process: None };
        slapd.resume().await;
        slapd.add(GROUPS);
        Some(slapd)
    }

    /// Starts it again, with its entries, at its ports.
    pub async fn resume(&mut self) {
        let urls = format!("ldap://127.0.0.1:{} ldaps://127.0.0.1:{}", self.ldap, self.ldaps);
        let config = self.path("slapd.conf").display().to_string();
        let program = installed("slapd", REQUIRED).unwrap();
        // 256 logs each operation.
        let arguments = ["-f", &config, "-h", &urls, "-d", "256"];
        self.process = Some(Process::start(folder(), &program, &arguments, self.ldap).await);
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Adds entries, as LDIF.
    pub fn add(&self, entries: &str) {
        self.change("ldapadd", entries);
    }

    /// Changes entries, as LDIF with `changetype`.
    pub fn modify(&self, changes: &str) {
        self.change("ldapmodify", changes);
    }

    fn change(&self, tool: &str, text: &str) {
        let file = self.path("change.ldif");
        fs::write(&file, text).unwrap();
        let url = format!("ldaps://127.0.0.1:{}", self.ldaps);
        let mut command = Command::new(tool);
        command.args(["-x", "-H", &url, "-D", "cn=root,dc=zone,dc=test", "-w", "root secret", "-f"]).arg(file);
        run(command.env("LDAPTLS_CACERT", self.ca()));
    }

    /// The file of its authority.
    pub fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// Its log since its last start.
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// How many binds as a DN its log has since its last start, whether they succeeded or not.
    pub fn binds(&self, dn: &str) -> usize {
        self.log().matches(&format!("BIND dn=\"{dn}\" method=128")).count()
    }
}

fn config(files: &TempDir) -> String {
    let mut config = String::new();
    for schema in ["core", "cosine", "inetorgperson"] {
        writeln!(config, "include /etc/ldap/schema/{schema}.schema").unwrap();
    }
    let folder = files.path().display();
    write!(
        config,
        "include {folder}/zone.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
TLSCACertificateFile {folder}/ca.pem
security ssf=128
sizelimit 10
database mdb
suffix dc=zone,dc=test
rootdn cn=root,dc=zone,dc=test
rootpw \"root secret\"
directory {folder}/data
dbnosync
index objectClass,uid,mail,member,memberOf,entryUUID,objectGUID eq,pres
limits dn.exact=\"{LIMITED}\" size=1
access to attrs=userPassword by self write by anonymous auth by * none
access to dn.exact=uid=hidden,ou=people,dc=zone,dc=test attrs=entryUUID by * none
access to * by users read by * none
overlay memberof
overlay ppolicy
ppolicy_default cn=policy,ou=policies,dc=zone,dc=test
ppolicy_use_lockout
"
    )
    .unwrap();
    config
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
