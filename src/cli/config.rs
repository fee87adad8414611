//! `zonemint config`: settings.

use serde_json::{Map, Value, json};

use super::output::{Format, Output, json_lines, tabbed};
use super::{Common, Failure, run_to_end};
use crate::app;
use crate::config::{DEFAULT, Environment, Problem};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print the default settings, with what each means
    Default {
        #[command(flatten)]
        output: Output,
    },
    /// Report everything that is wrong with the settings and the files that they name, and which settings have no effect
    ///
    /// It finds everything that a start finds before it uses the network, and changes nothing. Run it as the user that the server
    /// runs as. It does not check whether the address to listen on is taken: a running server uses it.
    /// `zonemint config show` checks the settings without the files.
    Check(Common),
    /// Print the settings in force: defaults, file and environment together
    Show(Common),
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Default { output } => print_settings(DEFAULT, *output),
        Command::Check(common) => check(common),
        Command::Show(common) => print_settings(&common.location.load_for_process()?.to_toml(), common.output),
    }
}

/// Prints settings in TOML: as they are for people, as one object for programs, with full names for shells.
fn print_settings(toml: &str, output: Output) -> Result<(), Failure> {
    super::print(&match output.format() {
        Format::Table => toml.to_owned(),
        Format::Json => format!("{}\n", toml::from_str::<Value>(toml)?),
        Format::Plain => {
            let mut settings = Map::new();
            put_below("", toml::from_str(toml)?, &mut settings);
            output.object(&settings.into(), String::new)
        }
    })
}

/// Adds the content of a table under full names, as in `token.ttl`. An empty table is a setting itself.
fn put_below(above: &str, table: Map<String, Value>, settings: &mut Map<String, Value>) {
    for (key, value) in table {
        let name = if above.is_empty() { key } else { format!("{above}.{key}") };
        match value {
            Value::Object(inside) if !inside.is_empty() => put_below(&name, inside, settings),
            value => {
                settings.insert(name, value);
            }
        }
    }
}

fn check(common: &Common) -> Result<(), Failure> {
    let config = common.location.load_for_process()?;
    let mut lines = Vec::new();
    if common.location.config.is_none() {
        let note = "no settings file is named, so these are defaults and environment: name one with --config or ZONEMINT_CONFIG";
        lines.push(["note".to_owned(), note.to_owned()]);
    }
    let environment = Environment::of_process();
    let prepared = run_to_end(async { Ok(app::preflight(&config, &environment).await?) })?;
    lines.extend(
        config.unreachable().into_iter().map(|Problem { at, reason }| ["note".to_owned(), format!("{at}: {reason}")]),
    );
    lines.extend(prepared.geo.reports().into_iter().map(|database| ["geo".to_owned(), database.to_string()]));
    super::print(&match common.output.format() {
        Format::Table => {
            let lines = lines.iter().map(|line| line.join(": ") + "\n").collect::<String>();
            format!("the settings are valid\n{lines}")
        }
        Format::Json => json_lines(lines.iter().map(|[kind, text]| json!({kind: text}))),
        Format::Plain => tabbed(&lines),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_under_their_whole_names() {
        let toml = "[token]\nttl = \"1y\"\nhosts = [\"a\", \"b\"]\n[tls.acme]\nnames = []\n[groups]\n";
        let mut settings = Map::new();
        put_below("", toml::from_str(toml).unwrap(), &mut settings);
        let expected = json!({"token.ttl": "1y", "token.hosts": ["a", "b"], "tls.acme.names": [], "groups": {}});
        assert_eq!(Value::from(settings), expected);
    }
}
