//! The account that a first start creates, and the source or destination of its password.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::StartError;
use crate::config::{ADMIN_PASSWORD, Environment};
use zonemint_base::model::{FullName, Privileges, UserName};
use zonemint_base::random::Random;
use zonemint_base::{new_file, regular_file};
use zonemint_service::caller::Caller;
use zonemint_service::user::{AccountError, Accounts, NewUser, Password, PasswordRefused};

const ADMIN: &str = "admin";

/// What a first start created, to be shown once.
#[derive(Debug)]
pub struct FirstStart {
    /// The administrator's name.
    pub name: UserName,
    /// Where the password is.
    pub password: FirstPassword,
}

/// The first administrator's password, or its source.
#[derive(Debug)]
pub enum FirstPassword {
    /// It was generated, and is stored nowhere else.
    MadeUp(Password),
    /// It was given in `ZONEMINT_ADMIN_PASSWORD`.
    InVariable,
    /// It is in the file that `ZONEMINT_ADMIN_PASSWORD_FILE` names.
    InFile(PathBuf),
}

/// Creates the first account if there is none.
pub(super) async fn first_account(
    accounts: &Accounts,
    environment: &Environment,
    random: &Random,
) -> Result<Option<FirstStart>, StartError> {
    if !accounts.list(None, 1).await?.is_empty() {
        warn_of_unused_password(accounts, environment).await?;
        accounts.warn_without_administrator().await;
        return Ok(None);
    }
    let mut made = None;
    let (password, known) = match given(environment)? {
        Given::Known(password, known) => (password, known),
        Given::Written(path) => {
            made = Some(path);
            (make(path, random)?, FirstPassword::InFile(path.to_owned()))
        }
        Given::Nothing => {
            let password = Password::generate(random);
            (password.clone(), FirstPassword::MadeUp(password))
        }
    };
    let (Ok(name), Ok(full_name)) = (UserName::parse(ADMIN), FullName::parse("Administrator")) else { return Ok(None) };
    let admin =
        NewUser { name: Some(name.clone()), full_name, password: Some(password), privileges: Privileges::all() };
    match accounts.add(admin, &Caller::server()).await {
        Ok(_) => Ok(Some(FirstStart { name, password: known })),
        Err(AccountError::NameTaken) => {
            // Another node of a shared store was first: the generated password is not used.
            if let Some(path) = made {
                fs::remove_file(path).map_err(|source| unusable(path, source))?;
            }
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Warns if the environment has another password than the account: it is used only at the first start.
async fn warn_of_unused_password(accounts: &Accounts, environment: &Environment) -> Result<(), StartError> {
    let (password, from) = match given(environment) {
        Ok(Given::Known(password, FirstPassword::InFile(path))) => {
            (password, format!("the password in {}", path.display()))
        }
        Ok(Given::Known(password, _)) => (password, ADMIN_PASSWORD.to_owned()),
        // Once the account exists, the file may be removed.
        Ok(Given::Written(_) | Given::Nothing) | Err(_) => return Ok(()),
    };
    let Ok(name) = UserName::parse(ADMIN) else { return Ok(()) };
    match accounts.find(&name).await? {
        Some(admin) if accounts.is_password_of(password, &admin).await => {}
        Some(_) => tracing::warn!(
            "{from} is not used: it is for the first start alone, and admin has another password. `zonemint user password admin` sets \
             the password"
        ),
        None => tracing::warn!(
            "{from} is not used: it is for the first start alone, and there is no account admin any more"
        ),
    }
    Ok(())
}

/// What the environment says of the password.
enum Given<'a> {
    /// It is given.
    Known(Password, FirstPassword),
    /// It is to be generated, and written into this file, which can be created.
    Written(&'a Path),
    /// It is to be generated and shown.
    Nothing,
}

/// Checks the password of the environment, even if it is not needed now. A missing or unreadable file is an error only if the account
/// is to be created: afterwards it may be removed. It changes nothing.
pub(super) fn check(environment: &Environment, is_needed: bool) -> Result<(), StartError> {
    match given(environment) {
        Err(StartError::AdminPasswordFile { .. }) if !is_needed => Ok(()),
        given => given.map(drop),
    }
}

/// Reads the password from where the environment says. It changes nothing.
fn given(environment: &Environment) -> Result<Given<'_>, StartError> {
    if let Some(text) = &environment.admin_password {
        let refused = |reason| StartError::AdminPassword { from: ADMIN_PASSWORD.to_owned(), reason };
        return Ok(Given::Known(Password::choose(text).map_err(refused)?, FirstPassword::InVariable));
    }
    let Some(path) = &environment.admin_password_file else { return Ok(Given::Nothing) };
    if let Some(password) = read(path)? {
        return Ok(Given::Known(password, FirstPassword::InFile(path.clone())));
    }
    new_file::can_be_created(path).map_err(|source| unusable(path, source))?;
    Ok(Given::Written(path))
}

/// The password in a file, without the end of its line; none when there is no such file.
fn read(path: &Path) -> Result<Option<Password>, StartError> {
    match regular_file::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => {
            let refused = |reason: PasswordRefused| StartError::AdminPassword {
                from: format!("the password in {}", path.display()),
                reason,
            };
            Password::choose(text.trim_end_matches(['\r', '\n'])).map(Some).map_err(refused)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(unusable(path, source)),
    }
}

/// Makes a password up, and the file before the account: when that start comes to nothing, the next one reads it.
fn make(path: &Path, random: &Random) -> Result<Password, StartError> {
    let password = Password::generate(random);
    let text = Zeroizing::new(format!("{}\n", password.expose()));
    new_file::create(path, &text, 0o600).map_err(|source| unusable(path, source))?;
    Ok(password)
}

fn unusable(path: &Path, source: io::Error) -> StartError {
    StartError::AdminPasswordFile { path: path.to_owned(), source }
}
