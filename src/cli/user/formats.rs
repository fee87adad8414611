//! The format of the file of `zonemint user import`, and the format of its result.
//!
//! `--format` is the format of the result, as in other commands. In earlier versions it was the format of the file, and it still is
//! without `--from`.

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches, ValueEnum};

use crate::cli::output;
use zonemint_service::user;

/// Both formats.
#[derive(Debug)]
pub(super) struct Formats {
    pub(super) file: user::Format,
    pub(super) result: output::Format,
}

/// The options as given.
#[derive(Debug, Args)]
struct Typed {
    /// Format of the file
    #[arg(long, value_name = "FORMAT", required_unless_present = "format")]
    from: Option<InputFormat>,
    /// How to print the result
    #[arg(long, default_value = "table", requires_ifs = [("table", "from"), ("plain", "from")])]
    format: AnyFormat,
    /// Print JSON: the same as --format json
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum InputFormat {
    Htpasswd,
    Json,
    Onezone,
}

/// A format of either kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AnyFormat {
    /// For people: a table at the end
    Table,
    /// For programs: one JSON object a line
    Json,
    /// For shells: no heading, tabs between the fields
    Plain,
    #[value(hide = true)]
    Htpasswd,
    #[value(hide = true)]
    Onezone,
}

impl Typed {
    fn read(self) -> Result<Formats, Error> {
        let result = if self.json { output::Format::Json } else { output::Format::Table };
        let (file, result) = match (self.from, self.format) {
            (Some(file), AnyFormat::Table) => (file, result),
            (Some(file), AnyFormat::Json) => (file, output::Format::Json),
            (Some(file), AnyFormat::Plain) if !self.json => (file, output::Format::Plain),
            (Some(_), AnyFormat::Plain) => return Err(conflict("--json cannot be used with --format plain")),
            (Some(_), AnyFormat::Htpasswd | AnyFormat::Onezone) => {
                return Err(conflict(
                    "--from says how the file is written; --format says how to print: table, json or plain",
                ));
            }
            (None, AnyFormat::Htpasswd) => (InputFormat::Htpasswd, result),
            (None, AnyFormat::Json) => (InputFormat::Json, result),
            (None, AnyFormat::Onezone) => (InputFormat::Onezone, result),
            (None, AnyFormat::Table | AnyFormat::Plain) => {
                return Err(Error::raw(ErrorKind::MissingRequiredArgument, "--from is missing\n"));
            }
        };
        let file = match file {
            InputFormat::Htpasswd => user::Format::Htpasswd,
            InputFormat::Json => user::Format::JsonLines,
            InputFormat::Onezone => user::Format::Onezone,
        };
        Ok(Formats { file, result })
    }
}

fn conflict(text: &str) -> Error {
    Error::raw(ErrorKind::ArgumentConflict, format!("{text}\n"))
}

impl FromArgMatches for Formats {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Typed::from_arg_matches(matches)?.read()
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Formats {
    fn augment_args(command: Command) -> Command {
        Typed::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Typed::augment_args_for_update(command)
    }
}
