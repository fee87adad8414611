//! `zonemint health`: whether the running server can serve, for who watches it where there is no other HTTP client.

use std::path::PathBuf;

use serde_json::json;

use super::output::{Format, Output};
use super::{CommandError, Failure, Location, own_server, run_to_end};
use crate::config::{Environment, Overrides};
use zonemint_base::model::Period;
use zonemint_client::{Probe, Readiness, Trusted};

/// Asks `/readyz`. Exits 0 if the server is ready, 1 if it is not, or does not answer.
///
/// A server on this machine is asked without a look at its certificate, which is made out to another name: that by which its
/// clients know it.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Server: a name, name:port, or a URL; without it, the one that the settings describe, on this machine
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// Settings file; without it, the defaults
    #[arg(long, value_name = "FILE", env = "ZONEMINT_CONFIG")]
    config: Option<PathBuf>,
    /// Trust certificates of this PEM file instead of the system's
    #[arg(long, value_name = "FILE", conflicts_with = "insecure", requires = "url")]
    cacert: Option<PathBuf>,
    /// Do not verify the server's certificate
    #[arg(long, requires = "url")]
    insecure: bool,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value = "3s")]
    timeout: Period,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let probe = match &arguments.url {
        Some(url) => Probe::at(url, arguments.trusted(), arguments.timeout)?,
        None => arguments.own()?,
    };
    let (server, output) = (probe.name(), arguments.output);
    match run_to_end(probe.ask())? {
        Readiness::Ready => super::print(
            &output.object(&json!({"server": server, "status": "ready"}), || format!("{server} is ready\n")),
        ),
        Readiness::NotReady(why) if output.format() == Format::Table => {
            Err(CommandError(format!("{server} is not ready: {why}")).into())
        }
        Readiness::NotReady(why) => {
            let answer = json!({"server": server, "status": "not ready", "why": why});
            super::print(&output.object(&answer, String::new))?;
            Err(Failure::No)
        }
    }
}

impl Arguments {
    fn trusted(&self) -> Trusted<'_> {
        match &self.cacert {
            Some(file) => Trusted::File(file),
            None if self.insecure => Trusted::Anybody,
            None => Trusted::System,
        }
    }

    /// The server that the settings describe.
    fn own(&self) -> Result<Probe, Failure> {
        let location = Location { config: self.config.clone(), data: None };
        let config = location.load(&Environment::of_process(), Overrides::default())?;
        if config.server.listen.port() == 0 {
            return Err(
                CommandError("server.listen leaves the port to the system: give the server's URL".to_owned()).into()
            );
        }
        own_server::probe(&config.server, self.timeout)
    }
}
