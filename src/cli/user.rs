//! `zonemint user`: accounts, also next to a running server, which feels a change within a second.

mod display;
mod formats;
mod import;
mod names;

use std::io::{IsTerminal as _, Read as _};

use zeroize::Zeroizing;

use self::display::{name, state, warn_if_listed};
use super::opened_store::OpenedStore;
use super::output::{Format, Output, json_lines};
use super::{CommandError, Failure, Location, opened_store};
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
  oz_users_create            make users
  oz_users_list              list all users
  oz_users_view              see any user
  oz_users_update            block and unblock users
  oz_users_delete            remove users
  oz_users_manage_passwords  set the passwords of users
  oz_tokens_manage           see, make, change and revoke anybody's tokens
  zm_providers_create        make services
  oz_providers_list          list all services
  oz_providers_view          see any service
  oz_providers_update        block and unblock services
  oz_providers_delete        remove services
  zm_keys_manage             see, rotate and retire root keys
  zm_audit_view              read the audit trail
  zm_metrics_view            read the server's metrics

Whoever sets a password, or reads the text of a token, mints, rotates or restores one, for another
account must have every privilege that the account has. Only these commands grant privileges.";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Add a user
    ///
    /// Says so when a group of `forward_auth.groups` lists the name: the account is in it.
    Add {
        /// What the user signs in with: 2 to 32 letters, digits, and `.` `_` `-` inside, or what
        /// `login.user_names` allows
        name: String,
        /// How the user is addressed; the name with spaces for underscores, when not given
        #[arg(long, value_name = "NAME")]
        full_name: Option<String>,
        #[command(flatten)]
        password: PasswordSource,
        #[command(flatten)]
        location: Location,
    },
    /// List all users
    List {
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        location: Location,
    },
    /// Show one user
    Show {
        #[command(flatten)]
        one: One,
        #[command(flatten)]
        output: Output,
    },
    /// Import users of another program, with the hashes of their passwords
    ///
    /// Formats, one user a line:
    ///   htpasswd  name:hash, as `htpasswd -B` writes it; further fields, as in a shadow file or in
    ///             Dovecot's passwd-file, are ignored
    ///   json      objects with "username" and, each optional, "fullName", "passwordHash", "blocked",
    ///             "userId", "creationTime" (Unix seconds); the hash is a text, or an object with Gitea's
    ///             `algo`, `salt_hex` and `hash_hex` or Keycloak's `credentialData` and `secretData`
    ///   onezone   JSON objects as Onezone's API shows its users, or as its database keeps them
    ///
    /// Passwords go on working: a hash (argon2, bcrypt, PBKDF2, scrypt, yescrypt, SHA-512 and SHA-256
    /// crypt) is replaced by argon2id at the first good login, of bcrypt at the first one with a password
    /// of at most 72 bytes. The manual's page for administrators lists the programs whose forms are taken.
    /// Lines that cannot be taken are refused, each with a reason; the others are added, 500 at a time.
    /// Names that exist already are refused, so the same file may be given again. At the end stands a
    /// table: how many were taken, and how many were refused for each reason. With --format json each
    /// refused line, and the report at the end, is one JSON object a line.
    ///
    /// Exits 0 if all were taken over, 1 if some were refused.
    // By itself clap would not say that --from is needed: --format can stand in for it, as it once did.
    #[command(verbatim_doc_comment, override_usage = "zonemint user import [OPTIONS] --from <FORMAT> <FILE>")]
    Import(import::Arguments),
    /// Set a user's password; tokens stay valid
    Password {
        /// The user's name
        name: String,
        #[command(flatten)]
        password: PasswordSource,
        /// Until the user has set another one, the password is good for nothing else
        #[arg(long)]
        must_change: bool,
        #[command(flatten)]
        location: Location,
    },
    /// Give a user another name to sign in with; tokens stay valid
    ///
    /// Says so when a group of `forward_auth.groups` lists the name: the account is in it. Users who
    /// rename themselves can take neither such a name nor one that another account had. (Of accounts
    /// that were removed or renamed by a version before this rule, the earlier names are not known.)
    Rename {
        /// The user's name
        name: String,
        /// The other one
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
    /// Users are then found by each spelling: when they sign in, in groups of `forward_auth.groups`, and by
    /// these commands. Nobody can take a name that differs in case only from one that another account has, or
    /// had and gave up. Names stay as they were typed. Letters are compared as Unicode folds their case.
    ///
    /// Where there are such names already, each of them is shown, and nothing is changed. So is an account that
    /// would be in a group by its name, or took a name after another account gave it up, but for its case.
    /// Every node follows within the bound of a revocation. Nodes of the version before cannot: upgrade all of
    /// them first. Run it again if `zonemint store check` says so.
    Names(names::Arguments),
    /// Refuse a user's password and tokens until unblocked
    Block(One),
    /// Undo a block
    Unblock(One),
    /// Remove a user for good: the tokens stay refused
    ///
    /// The name is kept: only these commands and whoever may add users can give it to another account.
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
    /// Which ones, by the names below
    #[arg(value_name = "PRIVILEGE", required_unless_present = "all", conflicts_with = "all")]
    privileges: Vec<Privilege>,
    /// All of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    location: Location,
}

/// Without a flag the password is asked for twice. It is never an argument: other users of the machine could read it.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(super) struct PasswordSource {
    /// Read the password from standard input (one trailing line end is taken off)
    #[arg(long)]
    password_stdin: bool,
    /// Make up a password and print it
    #[arg(long)]
    generate: bool,
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    let location = match command {
        Command::Add { location, .. }
        | Command::List { location, .. }
        | Command::Password { location, .. }
        | Command::Rename { location, .. } => location,
        Command::Grant(rights) | Command::Revoke(rights) => &rights.location,
        Command::Import(arguments) => arguments.location(),
        Command::Names(arguments) => arguments.location(),
        Command::Block(one) | Command::Unblock(one) | Command::Show { one, .. } | Command::Remove { one, .. } => {
            &one.location
        }
    };
    opened_store::at(location, async |opened| execute(command, opened).await)
}

async fn execute(command: &Command, opened: &OpenedStore) -> Result<(), Failure> {
    let accounts = &opened.accounts;
    match command {
        Command::Add { name, full_name, password, .. } => {
            let name = accounts.name_rule().choose(name)?;
            opened.prepare_for(&name).await?;
            add(accounts, &name, full_name.as_deref(), password).await?;
            warn_if_listed(opened, &opened.gate(), &name);
            Ok(())
        }
        Command::List { output, .. } => list(accounts, *output).await,
        Command::Show { one, output } => {
            let user = find(accounts, &one.name).await?;
            super::print(&output.object(&as_json(&user), || shown(&user)))
        }
        Command::Password { name, password, must_change, .. } => {
            set_password(accounts, name, password, *must_change).await
        }
        Command::Rename { name, to, .. } => rename(opened, name, to).await,
        Command::Import(arguments) => import::run(opened, arguments).await,
        Command::Names(_) => names::ignore_case(opened).await,
        Command::Grant(rights) => grant(accounts, rights).await,
        Command::Revoke(rights) => revoke(accounts, rights).await,
        Command::Block(one) => change(accounts, &one.name, UserChange::Block, "blocked").await,
        Command::Unblock(one) => change(accounts, &one.name, UserChange::Unblock, "not blocked").await,
        Command::Remove { one, yes } => remove(accounts, &one.name, *yes).await,
    }
}

async fn add(
    accounts: &Accounts,
    name: &UserName,
    full_name: Option<&str>,
    source: &PasswordSource,
) -> Result<(), Failure> {
    let full_name = full_name.map_or_else(|| Ok(FullName::after(name)), FullName::parse)?;
    if accounts.find(name).await?.is_some() {
        return Err(AccountError::NameTaken.into());
    }
    let password = source.read()?;
    let new =
        NewUser { name: Some(name.clone()), full_name, password: Some(password.clone()), privileges: Privileges::NONE };
    let user = accounts.add(new, &Caller::operator()).await?;
    super::print(&format!("added {name} ({})\n{}", user.id, source.describe(&password)))
}

async fn rename(opened: &OpenedStore, name: &str, to: &str) -> Result<(), Failure> {
    let user = find(&opened.accounts, name).await?;
    let to = opened.accounts.name_rule().choose(to)?;
    opened.prepare_for(&to).await?;
    let names = UserChange::Names { name: Some(to.clone()), full_name: None };
    match opened.accounts.change(user.id, names, &Caller::operator()).await? {
        Changed::Done => super::print(&format!("{name} is now {to}\n"))?,
        Changed::NameTaken => return Err(AccountError::NameTaken.into()),
        Changed::NotFound => return Err(no_user(name)),
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
        Changed::Done => super::print(&format!("set the password of {name}\n{}", source.describe(&password))),
        Changed::NotFound | Changed::NameTaken => Err(no_user(name)),
    }
}

async fn grant(accounts: &Accounts, rights: &Rights) -> Result<(), Failure> {
    let user = find(accounts, &rights.name).await?;
    set_privileges(accounts, rights, &user, [rights.wanted(), Privileges::NONE], "has them already").await
}

async fn revoke(accounts: &Accounts, rights: &Rights) -> Result<(), Failure> {
    let user = find(accounts, &rights.name).await?;
    set_privileges(accounts, rights, &user, [Privileges::NONE, rights.wanted()], "has none of them").await
}

async fn set_privileges(
    accounts: &Accounts,
    rights: &Rights,
    user: &User,
    [grant, revoke]: [Privileges; 2],
    unchanged: &str,
) -> Result<(), Failure> {
    let name = &rights.name;
    let to = user.privileges.with(grant).without(revoke);
    match accounts.change(user.id, UserChange::GrantAndRevoke { grant, revoke }, &Caller::operator()).await? {
        Changed::Done => {
            super::print(&format!("{name} now has the privileges: {}\n", describe(to)))?;
            warn_of_the_last(accounts, user).await
        }
        Changed::NotFound | Changed::NameTaken => Err(CommandError(format!("{name} {unchanged}")).into()),
    }
}

async fn change(accounts: &Accounts, name: &str, change: UserChange, state: &str) -> Result<(), Failure> {
    let user = find(accounts, name).await?;
    match accounts.change(user.id, change, &Caller::operator()).await? {
        Changed::Done => {
            super::print(&format!("{name} is now {state}\n"))?;
            warn_of_the_last(accounts, &user).await
        }
        Changed::NotFound | Changed::NameTaken => Err(CommandError(format!("{name} is {state} already")).into()),
    }
}

/// Says that there is no administrator any more, if `changed` was the last one.
async fn warn_of_the_last(accounts: &Accounts, changed: &User) -> Result<(), Failure> {
    if changed.is_administrator() && !accounts.has_administrator().await? {
        eprintln!("warning: {NO_ADMINISTRATOR}");
    }
    Ok(())
}

async fn remove(accounts: &Accounts, name: &str, yes: bool) -> Result<(), Failure> {
    let user = find(accounts, name).await?;
    if !yes && !super::confirmed(&format!("Remove {name} for good, with all tokens?"))? {
        return Err(CommandError(format!("{name} was not removed; answer y at the prompt, or give --yes")).into());
    }
    match accounts.change(user.id, UserChange::Remove, &Caller::operator()).await? {
        Changed::Done => {
            super::print(&format!("removed {name}\n"))?;
            warn_of_the_last(accounts, &user).await
        }
        Changed::NotFound | Changed::NameTaken => Err(no_user(name)),
    }
}

/// Columns are as wide as what is in them, so a table is printed when all is read; the other forms are printed page by page.
async fn list(accounts: &Accounts, output: Output) -> Result<(), Failure> {
    const HEAD: [&str; 4] = ["NAME", "STATE", "CREATED", "FULL NAME"];
    let (mut after, mut rows) = (None, Vec::new());
    loop {
        let users = accounts.list(after, PAGE_SIZE).await?;
        let people = users.iter().filter(|user| user.kind == SubjectKind::User);
        match output.format() {
            Format::Json => super::print(&json_lines(people.map(as_json)))?,
            Format::Plain => super::print(&output.rows(HEAD, &people.map(row).collect::<Vec<_>>()))?,
            Format::Table => rows.extend(people.map(row)),
        }
        if users.len() < PAGE_SIZE {
            break;
        }
        after = users.last().map(|user| AfterUser { name: user.name.clone(), id: user.id });
    }
    if output.format() == Format::Table { super::print(&output.rows(HEAD, &rows)) } else { Ok(()) }
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
            let told = "there is no terminal to ask for a password: give --password-stdin or --generate";
            return Err(CommandError(told.to_owned()).into());
        }
        let first = Zeroizing::new(rpassword::prompt_password("Password: ")?);
        let password = Password::choose(&first)?;
        let second = Zeroizing::new(rpassword::prompt_password("Again: ")?);
        if first == second { Ok(password) } else { Err(CommandError("the two passwords differ".to_owned()).into()) }
    }

    fn describe(&self, password: &Password) -> String {
        if self.generate { format!("password  {}\n", password.expose()) } else { String::new() }
    }
}
