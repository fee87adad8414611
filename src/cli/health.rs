//! `zonemint health`: whether the running server can serve, for supervisors where there is no other HTTP client.

use std::path::PathBuf;

use serde_json::json;

use super::output::{Format, Output};
use super::{Failure, Location, fail, own_server, run_to_end};
use zonemint_base::model::Period;
use zonemint_client::{Probe, Readiness};

/// Asks `/readyz`. Exits 0 if the server is ready, 1 if it is not, or does not answer.
///
/// For a server on this machine the certificate is not verified: it is for the name that clients use.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Server: a name, name:port, or a URL; by default the server of the settings, on this machine
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
    /// Timeout for the answer
    #[arg(long, value_name = "TIME", default_value = "3s")]
    timeout: Period,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let probe = match &arguments.url {
        Some(url) => Probe::at(url, arguments.cacert.as_deref(), arguments.insecure, arguments.timeout)?,
        None => arguments.own()?,
    };
    let (server, output) = (probe.name(), arguments.output);
    match run_to_end(probe.ask())? {
        Readiness::Ready => super::print(
            &output.object(&json!({"server": server, "status": "ready"}), || format!("{server} is ready\n")),
        ),
        Readiness::NotReady(why) if output.format() == Format::Table => fail(format!("{server} is not ready: {why}")),
        Readiness::NotReady(why) => {
            let answer = json!({"server": server, "status": "not ready", "why": why});
            super::print(&output.object(&answer, String::new))?;
            Err(Failure::No)
        }
    }
}

impl Arguments {
    /// The server that the settings describe.
    fn own(&self) -> Result<Probe, Failure> {
        let location = Location { config: self.config.clone(), data: None };
        let config = location.load_for_process()?;
        if config.server.listen.port() == 0 {
            return fail("server.listen leaves the port to the system: give the server's URL");
        }
        own_server::probe(&config.server, self.timeout)
    }
}
