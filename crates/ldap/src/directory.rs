//! Sign-in: which entry has a name, whether its password is right, and which groups it is in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ldap3::Scope;
use rustls::ClientConfig;
use zonemint_base::clock::Clock;

use crate::connection::{Answer, Search};
use crate::dn::Dn;
use crate::entry::{Entry, RawEntry};
use crate::failure::{Failure, Refusal, clean, code};
use crate::filter;
use crate::password::Password;
use crate::policy::Policy;
use crate::pool::{Pool, unavailable};
use crate::probe::{ServerReport, probe};
use crate::settings::{AttributeName, Groups, OpenError, Settings, tls_config};
use crate::stable_id::StableId;

/// Longest name that is searched for, in bytes.
const LONGEST_NAME: usize = 256;
/// Most groups of a user that are read: twice what Active Directory lets a user be in.
const MOST_GROUPS: i32 = 2_048;

/// How late a timer of the runtime fires on average, as measured.
const TIMER_DELAY: Duration = Duration::from_millis(1);

/// A directory. It connects when it is first asked.
pub struct Directory {
    settings: Arc<Settings>,
    tls: Arc<ClientConfig>,
    pool: Pool,
    clock: Clock,
    /// How long the last refused bind took, in microseconds, with its connection.
    refused_bind_us: AtomicU64,
}

/// The entry that has a name, before its password is verified. It proves nothing: anybody may name anybody.
pub struct Candidate<'a> {
    directory: &'a Directory,
    entry: Entry,
    dn: String,
    server: usize,
}

zonemint_base::opaque_debug!(Directory);

impl std::fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Candidate").field("id", &self.entry.id).finish_non_exhaustive()
    }
}

impl Directory {
    /// Reads the file of authorities; asks no server.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn open(settings: Settings, clock: Clock) -> Result<Self, OpenError> {
        if settings.servers.is_empty() {
            return Err(OpenError::NoServer);
        }
        if settings.bind_dn.trim().is_empty() {
            return Err(OpenError::NoBindDn);
        }
        if settings.connections == 0 {
            return Err(OpenError::NoConnections);
        }
        let groups = match &settings.groups {
            Some(Groups::Attribute { base, .. } | Groups::Search { base, .. }) => Some(base),
            None => None,
        };
        for dn in [&settings.bind_dn, &settings.base].into_iter().chain(groups) {
            Dn::parse(dn).ok_or_else(|| OpenError::Dn(dn.clone()))?;
        }
        let tls = tls_config(&settings.ca)?;
        let settings = Arc::new(settings);
        let pool = Pool::new(Arc::clone(&settings), Arc::clone(&tls), clock.clone());
        Ok(Self { settings, tls, pool, clock, refused_bind_us: AtomicU64::new(0) })
    }

    /// Finds the one entry that has a name.
    ///
    /// A name that nobody has is refused as late as a wrong password was last refused, so that the time of an answer says little about
    /// who exists. It says more before the first refused password, and while the directory's own times vary.
    ///
    /// # Errors
    /// [`Refusal::Credentials`] when no entry has the name, or the name cannot be one: empty, longer than 256 bytes, or with control
    /// characters. [`Refusal::Ambiguous`] when several have it.
    pub async fn look_up(&self, name: &str) -> Result<Candidate<'_>, Refusal> {
        if name.is_empty() || name.len() > LONGEST_NAME || name.contains(char::is_control) {
            return Err(Refusal::Credentials);
        }
        let (server, answer) = self.search_users(&self.settings.user_filter.for_name(name)).await?;
        match only(answer) {
            Ok(Some(raw)) => {
                let (dn, entry) = self.entry(raw)?;
                Ok(Candidate { directory: self, entry, dn, server })
            }
            Ok(None) => {
                self.wait_as_if_bound().await;
                Err(Refusal::Credentials)
            }
            Err(Several) => Err(Refusal::Ambiguous),
        }
    }

    /// Verifies a name and a password, for callers that count no failures between the two steps.
    ///
    /// # Errors
    /// As [`Directory::look_up`] and [`Candidate::bind`].
    pub async fn sign_in(&self, name: &str, password: &Password) -> Result<Entry, Refusal> {
        self.look_up(name).await?.bind(password).await
    }

    /// Reads the entry with an id again. None when it is gone, or when the user filter lets it in no more, whatever its name: conditions
    /// of the filter, as a group that a user must be in, hold here too.
    ///
    /// # Errors
    /// A [`Failure`], of which no account's state follows. Also when nobody is found who could sign in: then the service account has lost
    /// its rights, or a filter or attribute is wrong, and no account is gone. So the deletion of a directory's last user is not noticed.
    pub async fn find(&self, id: StableId) -> Result<Option<Entry>, Failure> {
        let (attribute, everybody) = (&self.settings.attributes.id, self.settings.user_filter.for_everybody());
        let filter = filter::for_id(attribute.text(), attribute.is_guid(), id);
        let (_, answer) = self.search_users(&format!("(&{filter}{everybody})")).await?;
        match only(answer) {
            Ok(Some(raw)) => {
                let (dn, mut entry) = self.entry(raw)?;
                self.add_found_groups(&dn, &mut entry).await?;
                Ok(Some(entry))
            }
            Ok(None) => {
                let (_, answer) = self.search_users(&format!("(&({attribute}=*){everybody})")).await?;
                if answer.entries.is_empty() {
                    let why = format!("nobody below {} with a {attribute} can sign in", self.settings.base);
                    return Err(Failure::Misconfigured(why));
                }
                Ok(None)
            }
            Err(Several) => Err(Failure::Misconfigured(format!("several entries have the {attribute} {id}"))),
        }
    }

    /// Asks each server what a sign-in needs, for administrators.
    pub async fn probe(&self) -> Vec<ServerReport> {
        probe(&self.settings, &self.tls).await
    }

    /// Searches for at most two users, which is enough to know whether there is one.
    async fn search_users(&self, filter: &str) -> Result<(usize, Answer), Failure> {
        let attributes = &self.settings.attributes;
        let mut names =
            vec![attributes.id.text(), attributes.name.text(), attributes.full_name.text(), attributes.mail.text()];
        if let Some(Groups::Attribute { attribute, .. }) = &self.settings.groups {
            names.push(attribute.text());
        }
        let base = &self.settings.base;
        let search = Search { base, scope: Scope::Subtree, filter, attributes: &names, limit: 2 };
        let (server, answer) = self.pool.search(&search).await?;
        match answer.result {
            code::SUCCESS | code::SIZE_LIMIT_EXCEEDED => Ok((server, answer)),
            result => Err(Failure::of_result(&format!("searching {base}"), result, &answer.text)),
        }
    }

    /// The DN to bind as, and what is known without another search.
    fn entry(&self, raw: RawEntry) -> Result<(String, Entry), Failure> {
        let attributes = &self.settings.attributes;
        if raw.dn.is_empty() {
            // A bind without a name verifies nothing (RFC 4513, section 5.1.1).
            return Err(Failure::Misconfigured("the user filter finds the root of the directory".to_owned()));
        }
        let id = match raw.values(attributes.id.text()) {
            [value] if attributes.id.is_guid() => StableId::from_guid(value),
            [value] => str::from_utf8(value).ok().and_then(|text| text.parse().ok()),
            _ => None,
        };
        let Some(id) = id else {
            let why = "has no UUID there, or the service account may not read it";
            return Err(Failure::Misconfigured(format!("{}: {}, the stable id, {why}", clean(&raw.dn), attributes.id)));
        };
        let groups = match &self.settings.groups {
            Some(Groups::Attribute { attribute, base }) => listed_groups(&raw, attribute.text(), base)?,
            _ => Vec::new(),
        };
        let text = |name: &AttributeName| raw.first_text(name.text());
        let (name, full_name, mail) = (text(&attributes.name), text(&attributes.full_name), text(&attributes.mail));
        Ok((raw.dn, Entry { id, name, full_name, mail, groups }))
    }

    /// Searches for the groups of a user, if that is how they are read.
    async fn add_found_groups(&self, dn: &str, entry: &mut Entry) -> Result<(), Failure> {
        let Some(Groups::Search { base, filter }) = &self.settings.groups else { return Ok(()) };
        let (filter, attributes) = (filter.for_dn(dn), &["cn"]);
        let search = Search { base, scope: Scope::Subtree, filter: &filter, attributes, limit: MOST_GROUPS };
        let (_, answer) = self.pool.search(&search).await?;
        if answer.result != code::SUCCESS {
            // Some of the groups would be worse than none: a rule may refuse who is in one.
            return Err(Failure::of_result(
                &format!("searching the groups of {dn} in {base}"),
                answer.result,
                &answer.text,
            ));
        }
        entry.groups = sorted(answer.entries.iter().filter_map(name_of_group).collect());
        Ok(())
    }

    async fn wait_as_if_bound(&self) {
        let time = Duration::from_micros(self.refused_bind_us.load(Ordering::Relaxed));
        self.clock.wait_until(self.clock.uptime() + time.saturating_sub(TIMER_DELAY)).await;
    }
}

impl Candidate<'_> {
    /// The entry's stable id: what to count failures by.
    #[must_use]
    pub fn id(&self) -> StableId {
        self.entry.id
    }

    /// Verifies the password by a bind, then reads the groups. The password is sent to one server, once: if its answer is missing, it is
    /// not sent again, because it may have been counted.
    ///
    /// A bind that succeeds with the demand to change the password first (`pwdReset` of the password policy) is refused: whoever reset
    /// the password knows it, and the directory lets such a user do nothing else either.
    ///
    /// # Errors
    /// [`Refusal::Credentials`] when the directory refuses the password, for whatever reason: the log has it.
    pub async fn bind(self, password: &Password) -> Result<Entry, Refusal> {
        let Self { directory, mut entry, dn, server } = self;
        let began = directory.clock.uptime();
        let result = {
            let for_user = directory.pool.connect_for_user(server).await?;
            let server = for_user.server;
            let verified = for_user.connection.verify(&dn, password).await;
            // Others may be answered: a directory can pass passwords of some users on to another system.
            verified.map_err(|lost| directory.pool.named(server, unavailable(lost)))?
        };
        let policy = Policy::read(&result);
        match result.rc {
            code::SUCCESS if !policy.must_change => {
                if let Some(reason) = policy.reason {
                    tracing::info!(dn, reason, "the directory warns of a password");
                }
            }
            // Directories say so of accounts that are locked or disabled, too: 389 DS with 19 and 53, others with 48 of an entry
            // without a password, and 32 of one that was deleted since.
            code::SUCCESS
            | code::INVALID_CREDENTIALS
            | code::CONSTRAINT_VIOLATION
            | code::NO_SUCH_OBJECT
            | code::INAPPROPRIATE_AUTHENTICATION
            | code::UNWILLING_TO_PERFORM => {
                let took = directory.clock.uptime().saturating_sub(began).as_micros();
                directory.refused_bind_us.store(u64::try_from(took).unwrap_or(0), Ordering::Relaxed);
                tracing::info!(dn, result = result.rc, reason = policy.reason, "the directory refuses a sign-in");
                return Err(Refusal::Credentials);
            }
            refused => return Err(Failure::of_result(&format!("signing in as {dn}"), refused, &result.text).into()),
        }
        directory.add_found_groups(&dn, &mut entry).await?;
        Ok(entry)
    }
}

/// There is more than one entry.
struct Several;

/// The only entry of an answer. A result of 4 means that there are more, however few came.
fn only(answer: Answer) -> Result<Option<RawEntry>, Several> {
    let mut entries = answer.entries.into_iter();
    match (entries.next(), entries.next()) {
        _ if answer.result == code::SIZE_LIMIT_EXCEEDED => Err(Several),
        (_, Some(_)) => Err(Several),
        (first, None) => Ok(first),
    }
}

/// The names of the groups below `base` in an attribute of DNs. A DN without `cn` names none.
fn listed_groups(raw: &RawEntry, attribute: &str, base: &str) -> Result<Vec<String>, Failure> {
    if raw.is_cut(attribute) {
        let dn = clean(&raw.dn);
        let why = format!("{dn}: the directory sends only a part of {attribute}: read groups by a search instead");
        return Err(Failure::Misconfigured(why));
    }
    let base = Dn::parse(base);
    let name = |text: &str| {
        let dn = Dn::parse(text).filter(|dn| base.as_ref().is_some_and(|base| dn.is_below(base)))?;
        dn.common_name().map(str::to_owned)
    };
    Ok(sorted(raw.texts(attribute).filter_map(name).collect()))
}

/// The `cn` of a group's DN; of a DN without one, the only value of `cn`. Who may change a group could give it the name of another one as
/// a second value.
fn name_of_group(group: &RawEntry) -> Option<String> {
    let by_dn = Dn::parse(&group.dn).and_then(|dn| dn.common_name().map(str::to_owned));
    by_dn.or_else(|| group.first_text("cn").filter(|_| group.values("cn").len() == 1))
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names
}
