//! `zonemint user`: accounts, also next to a running server, in which a change takes effect within a second.

mod display;
mod formats;
mod import;
mod names;

use std::io::{IsTerminal as _, Read as _};

use zeroize::Zeroizing;

use self::display::{name, state, warn_if_listed};
use super::opened_store::{OpenedStore, at};
use super::output::{Format, Output, json_lines};
use super::{CommandError, Common, Failure, Location, confirmed, fail, print};
use zonemint_base::clock;
use zonemint_base::model::{FullName, Privilege, Privileges, SubjectKind, User, UserName};
use zonemint_base::random::Random;
use zonemint_service::caller::Caller;
use zonemint_service::user::{AccountError, Accounts, NO_ADMINISTRATOR, NewUser, Password};
use zonemint_store::{AfterUser, Changed, PAGE_SIZE, UserChange};

/// More than any password may have.
const MOST_INPUT: u64 = 4096;

const PRIVILEGES: &str = "\
Privileges, by Onezone's names, and ours (zm_…):
  oz_users_create             create users
  oz_users_list               list all users
  oz_users_view               see any user
  oz_users_update             block and unblock users
  oz_users_delete             remove users
  oz_users_manage_passwords   set the passwords of users
  oz_tokens_manage            see, mint, change and revoke tokens of every account
  zm_providers_create         create services
  oz_providers_list           list all services
  oz_providers_view           see any service
  oz_providers_update         block and unblock services
  oz_providers_delete         remove services
  zm_keys_manage              see, rotate and retire root keys
  zm_audit_view               read the audit trail
  zm_metrics_view             read the server's metrics
  zm_users_manage_privileges  grant and revoke privileges over HTTP, only those that one has oneself

To set the password of another account, or to read the text of one of its tokens, or to mint, rotate
or restore one, takes every privilege that the account has.";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Add a user
    ///
    /// Warns when a group of `forward_auth.groups` lists the name: the account is then in that group.
    Add {
        /// Name for the login: 2 to 32 letters, digits, and `.` `_` `-` inside, or what
        /// `login.user_names` allows
        name: String,
        /// How the user is addressed; by default the name, with spaces for underscores
        #[arg(long, value_name = "NAME")]
        full_name: Option<String>,
        #[command(flatten)]
        password: PasswordSource,
        #[command(flatten)]
        location: Location,
    },
    /// List all users
    List(Common),
    /// Show one user
    Show {
        #[command(flatten)]
        one: One,
        #[command(flatten)]
        output: Output,
    },
    /// Import users of another program, with the hashes of their passwords
    ///
    /// The file has one user a line, in one of these formats:
    ///   htpasswd  name:hash, as `htpasswd -B` writes it. Further fields are ignored, as in a shadow file
    ///             or in Dovecot's passwd-file.
    ///   json      An object with "username" and, each optional, "fullName", "passwordHash", "blocked",
    ///             "userId" and "creationTime" (Unix seconds). The hash is a text, or an object with
    ///             Gitea's `algo`, `salt_hex` and `hash_hex`, or with Keycloak's `credentialData` and
    ///             `secretData`.
    ///   onezone   A JSON object as Onezone's API shows a user, or as its database stores one.
    ///
    /// Passwords stay valid. Hashes can be argon2, bcrypt, PBKDF2, scrypt, yescrypt, and SHA-512 and
    /// SHA-256 crypt. The first good login replaces a hash by argon2id; with bcrypt, the first login with
    /// a password of at most 72 bytes does. The manual's page for administrators lists the programs whose
    /// formats are accepted.
    ///
    /// A line that cannot be imported is refused with a reason. The others are added, 500 at a time. Names
    /// that exist already are refused, so the same file can be given again. At the end a table shows how
    /// many users were taken, and how many were refused for each reason. With --format json each refused
    /// line, and the report at the end, is one JSON object a line.
    ///
    /// Exits 0 if all users were imported, 1 if some were refused.
    // By itself clap would not say that --from is needed: --format can stand in for it, as it once did.
    #[command(verbatim_doc_comment, override_usage = "zonemint user import [OPTIONS] --from <FORMAT> <FILE>")]
    Import(import::Arguments),
    /// Set a user's password; tokens stay valid
    Password {
        /// The user's name
        name: String,
        #[command(flatten)]
        password: PasswordSource,
        /// The user must set another password before anything else
        #[arg(long)]
        must_change: bool,
        #[command(flatten)]
        location: Location,
    },
    /// Change the name that a user logs in with; tokens stay valid
    ///
    /// Warns when a group of `forward_auth.groups` lists the name: the account is then in that group. Users who rename themselves
    /// cannot take such a name, or a name that another account had. (Former names are not known of accounts that were removed or
    /// renamed by a version before this rule.)
    Rename {
        /// The user's name
        name: String,
        /// The new name
        #[arg(value_name = "NEW_NAME")]
        to: String,
        #[command(flatten)]
        location: Location,
    },
    /// Give a user privileges over others
    #[command(after_help = PRIVILEGES)]
    Grant(Rights),
    /// Take privileges from a user
    #[command(after_help = PRIVILEGES)]
    Revoke(Rights),
    /// Ignore the case of user names from now on; this cannot be undone
    ///
    /// Every spelling of a name then means the same user: at login, in groups of `forward_auth.groups`, and in these commands.
    /// Nobody can take a name that differs only in case from a name that another account has, or had before. Names stay as they
    /// were typed. Letters are compared by Unicode case folding.
    ///
    /// If names clash, the command shows each of them and changes nothing. Names of two accounts clash if they differ only in
    /// case. A name also clashes if it differs only in case from a name that a group lists, or from a former name of another
    /// account.
    ///
    /// Every node follows as fast as it follows a revocation. Nodes of the previous version do not: upgrade all of them first. Run
    /// the command again if `zonemint store check` says so.
    Names(names::Arguments),
    /// Refuse a user's password and tokens until unblocked
    Block(One),
    /// Undo a block
    Unblock(One),
    /// Remove a user for good: the tokens stay refused
    ///
    /// The name stays reserved: only these commands, and accounts that may add users, can give it to another account.
    Remove {
        #[command(flatten)]
        one: One,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct One {
    /// The user's name
    name: String,
    #[command(flatten)]
    location: Location,
}

#[derive(Debug, clap::Args)]
pub(super) struct Rights {
    /// The user's name
    name: String,
    /// Privileges, by the names below
    #[arg(value_name = "PRIVILEGE", required_unless_present = "all", conflicts_with = "all")]
    privileges: Vec<Privilege>,
    /// All privileges
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    location: Location,
}

/// Without a flag the command asks for the password twice. It is never an argument: other users of the machine could read it.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(super) struct PasswordSource {
    /// Read the password from standard input (one trailing line end is taken off)
    #[arg(long)]
    password_stdin: bool,
    /// Generate a password and print it
    #[arg(long)]
    generate: bool,
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Add { name, full_name, password, location } => {
            at(location, async |opened| add(opened, name, full_name.as_deref(), password).await)
        }
        Command::List(common) => at(&common.location, async |opened| list(&opened.accounts, common.output).await),
        Command::Show { one, output } => at(&one.location, async |opened| {
            let user = find(&opened.accounts, &one.name).await?;
            print(&output.object(&as_json(&user), || shown(&user)))
        }),
        Command::Password { name, password, must_change, location } => {
            at(location, async |opened| set_password(&opened.accounts, name, password, *must_change).await)
        }
        Command::Rename { name, to, location } => at(location, async |opened| rename(opened, name, to).await),
        Command::Import(arguments) => at(&arguments.location, async |opened| import::run(opened, arguments).await),
        Command::Names(arguments) => at(&arguments.location, names::ignore_case),
        Command::Grant(rights) => set_privileges(rights, [rights.wanted(), Privileges::NONE], "has them already"),
        Command::Revoke(rights) => set_privileges(rights, [Privileges::NONE, rights.wanted()], "has none of them"),
        Command::Block(one) => change(one, UserChange::Block, "blocked"),
        Command::Unblock(one) => change(one, UserChange::Unblock, "not blocked"),
        Command::Remove { one, yes } => at(&one.location, async |opened| {
            let user = find(&opened.accounts, &one.name).await?;
            remove_account(&opened.accounts, &user, &one.name, *yes, no_user).await
        }),
    }
}

async fn add(
    opened: &OpenedStore,
    name: &str,
    full_name: Option<&str>,
    source: &PasswordSource,
) -> Result<(), Failure> {
    let accounts = &opened.accounts;
    let name = accounts.name_rule().choose(name)?;
    opened.prepare_for(&name).await?;
    let full_name = full_name.map_or_else(|| Ok(FullName::after(&name)), FullName::parse)?;
    if accounts.find(&name).await?.is_some() {
        return Err(AccountError::NameTaken.into());
    }
    let password = source.read()?;
    let new =
        NewUser { name: Some(name.clone()), full_name, password: Some(password.clone()), privileges: Privileges::NONE };
    let user = accounts.add(new, &Caller::operator()).await?;
    print(&format!("added {name} ({})\n{}", user.id, source.describe(&password)))?;
    warn_if_listed(opened, &opened.gate(), &name);
    Ok(())
}

async fn rename(opened: &OpenedStore, name: &str, to: &str) -> Result<(), Failure> {
    let user = find(&opened.accounts, name).await?;
    let to = opened.accounts.name_rule().choose(to)?;
    opened.prepare_for(&to).await?;
    let names = UserChange::Names { name: Some(to.clone()), full_name: None };
    match opened.accounts.change(user.id, names, &Caller::operator()).await? {
        Changed::Done => print(&format!("{name} is now {to}\n"))?,
        Changed::NameTaken => return Err(AccountError::NameTaken.into()),
        Changed::NotFound | Changed::TooMany => return Err(no_user(name)),
    }
    warn_if_listed(opened, &opened.gate(), &to);
    Ok(())
}

async fn set_password(
    accounts: &Accounts,
    name: &str,
    source: &PasswordSource,
    must_change: bool,
) -> Result<(), Failure> {
    let user = find(accounts, name).await?;
    let password = source.read()?;
    let (id, by) = (user.id, &Caller::operator());
    let changed = if must_change {
        accounts.give_password(id, password.clone(), Some(true), by).await?
    } else {
        accounts.set_password(id, password.clone(), by).await?
    };
    match changed {
        Changed::Done => print(&format!("set the password of {name}\n{}", source.describe(&password))),
        Changed::NotFound | Changed::NameTaken | Changed::TooMany => Err(no_user(name)),
    }
}

fn set_privileges(rights: &Rights, [grant, revoke]: [Privileges; 2], unchanged: &str) -> Result<(), Failure> {
    let name = &rights.name;
    at(&rights.location, async |opened| {
        let accounts = &opened.accounts;
        let user = find(accounts, name).await?;
        let to = user.privileges.with(grant).without(revoke);
        let change = UserChange::GrantAndRevoke { grant, revoke };
        if accounts.change(user.id, change, &Caller::operator()).await? != Changed::Done {
            return fail(format!("{name} {unchanged}"));
        }
        print(&format!("{name} now has the privileges: {}\n", describe(to)))?;
        warn_of_the_last(accounts, &user).await
    })
}

fn change(one: &One, change: UserChange, state: &str) -> Result<(), Failure> {
    at(&one.location, async |opened| {
        let user = find(&opened.accounts, &one.name).await?;
        change_account(&opened.accounts, &user, &one.name, change, state).await
    })
}

/// Blocks or unblocks an account.
pub(super) async fn change_account(
    accounts: &Accounts,
    account: &User,
    name: &str,
    change: UserChange,
    state: &str,
) -> Result<(), Failure> {
    if accounts.change(account.id, change, &Caller::operator()).await? != Changed::Done {
        return fail(format!("{name} is {state} already"));
    }
    print(&format!("{name} is now {state}\n"))?;
    warn_of_the_last(accounts, account).await
}

/// Says that there is no administrator any more, if `changed` was the last one.
async fn warn_of_the_last(accounts: &Accounts, changed: &User) -> Result<(), Failure> {
    if changed.is_administrator() && !accounts.has_administrator().await? {
        eprintln!("warning: {NO_ADMINISTRATOR}");
    }
    Ok(())
}

/// Removes an account. `yes` skips the question; `gone` is the failure when somebody else has removed it meanwhile.
pub(super) async fn remove_account(
    accounts: &Accounts,
    account: &User,
    name: &str,
    yes: bool,
    gone: fn(&str) -> Failure,
) -> Result<(), Failure> {
    if !yes && !confirmed(&format!("Remove {name} for good, with all tokens?"))? {
        return fail(format!("{name} was not removed; answer y at the prompt, or give --yes"));
    }
    if accounts.change(account.id, UserChange::Remove, &Caller::operator()).await? != Changed::Done {
        return Err(gone(name));
    }
    print(&format!("removed {name}\n"))?;
    warn_of_the_last(accounts, account).await
}

/// Columns are as wide as what is in them, so a table is printed when all is read; the other forms are printed page by page.
async fn list(accounts: &Accounts, output: Output) -> Result<(), Failure> {
    const HEAD: [&str; 4] = ["NAME", "STATE", "CREATED", "FULL NAME"];
    let (mut after, mut rows) = (None, Vec::new());
    loop {
        let users = accounts.list(after, PAGE_SIZE).await?;
        let people = users.iter().filter(|user| user.kind == SubjectKind::User);
        match output.format() {
            Format::Json => print(&json_lines(people.map(as_json)))?,
            Format::Plain => print(&output.rows(HEAD, &people.map(row).collect::<Vec<_>>()))?,
            Format::Table => rows.extend(people.map(row)),
        }
        if users.len() < PAGE_SIZE {
            break;
        }
        after = users.last().map(|user| AfterUser { name: user.name.clone(), id: user.id });
    }
    if output.format() == Format::Table { print(&output.rows(HEAD, &rows)) } else { Ok(()) }
}

fn row(user: &User) -> [String; 4] {
    let created = clock::rfc3339(user.created_ms / 1000);
    [name(user).to_owned(), state(user).to_owned(), created, user.full_name.to_string()]
}

async fn find(accounts: &Accounts, name: &str) -> Result<User, Failure> {
    let parsed = UserName::parse(name).map_err(|_| no_user(name))?;
    accounts.find(&parsed).await?.ok_or_else(|| no_user(name))
}

fn no_user(name: &str) -> Failure {
    CommandError(format!("there is no user {name:?}; `zonemint user list` shows all")).into()
}

fn basic_auth(user: &User) -> &'static str {
    if user.usable_password().is_none() {
        "disabled: no password, or it may not be used"
    } else if user.must_change {
        "enabled, and the password must be changed first"
    } else {
        "enabled"
    }
}

/// Privileges in one line; a dash for none.
fn describe(privileges: Privileges) -> String {
    if privileges == Privileges::NONE { "-".to_owned() } else { privileges.to_string() }
}

fn shown(user: &User) -> String {
    format!(
        "name       {}\nfull name  {}\nid         {}\nstate      {}\nbasic auth {}\nprivileges {}\ncreated    {}\n",
        name(user),
        user.full_name,
        user.id,
        state(user),
        basic_auth(user),
        describe(user.privileges),
        clock::rfc3339(user.created_ms / 1000)
    )
}

fn as_json(user: &User) -> serde_json::Value {
    serde_json::json!({
        "userId": user.id.to_string(),
        "username": user.name.as_ref().map(UserName::as_str),
        "fullName": user.full_name.as_str(),
        "basicAuthEnabled": user.basic_auth,
        "mustChangePassword": user.must_change,
        "blocked": user.blocked,
        "privileges": user.privileges.iter().map(Privilege::name).collect::<Vec<_>>(),
        "creationTime": user.created_ms / 1000,
    })
}

impl Rights {
    fn wanted(&self) -> Privileges {
        if self.all { Privileges::all() } else { self.privileges.iter().copied().collect() }
    }
}

impl PasswordSource {
    fn read(&self) -> Result<Password, Failure> {
        if self.generate {
            return Ok(Password::generate(&Random::system()));
        }
        if self.password_stdin {
            let mut text = Zeroizing::new(String::new());
            std::io::stdin().lock().take(MOST_INPUT).read_to_string(&mut text)?;
            let line = text.strip_suffix('\n').unwrap_or(&text);
            return Ok(Password::choose(line.strip_suffix('\r').unwrap_or(line))?);
        }
        if !std::io::stdin().is_terminal() {
            return fail("there is no terminal to ask for a password: give --password-stdin or --generate");
        }
        let first = Zeroizing::new(rpassword::prompt_password("Password: ")?);
        let password = Password::choose(&first)?;
        let second = Zeroizing::new(rpassword::prompt_password("Again: ")?);
        if first == second { Ok(password) } else { fail("the two passwords differ") }
    }

    fn describe(&self, password: &Password) -> String {
        if self.generate { format!("password  {}\n", password.expose()) } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_describes_every_privilege() {
        for privilege in Privilege::ALL {
            assert!(PRIVILEGES.contains(&format!("\n  {} ", privilege.name())), "{}", privilege.name());
        }
    }
}
