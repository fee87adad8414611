//! The manual, as rustdoc, so that links to code are checked. A server shows the same pages at `/manual`.
//!
//! It opens with [First steps](first_steps), and [When something goes wrong](troubleshooting) lists messages with their causes.
//!
//! | page | what it has |
//! |---|---|
//! | [For users](users), [For administrators](administrators), [For integrators](integrators) | how to do a task; a test runs the commands as they are written |
//! | [Examples](examples) | programs in Python, JavaScript, Java and Go; a test runs them |
//! | [The API](api), [Commands](commands) | all paths; all commands, variables and exit codes |
//! | [The console](console) | what the web page keeps, and what it trusts |
//! | [Caveats](caveats) | the limits that a token can have |
//! | [Keys](keys), [The audit trail](audit) | how to change keys; what is recorded, and what that proves |
//! | [Backup, restore, tidying](keeping) | how to back up, restore, move and clean a store |
//! | [Monitoring](monitoring) | metrics, alerts, and what to do at each alert |
//! | [OAuth and the grid](oauth), [Proxies](proxies) | clients of OAuth and of the grid; proxies that ask, and proxies in front |
//! | [Clients and libraries](clients) | the programs that were tried, and the results |
//! | [Several nodes](shared_store), [The database's address](database) | how nodes share a database |
//! | [How it works](how_it_works) | keys, revocation, crashes, rights |
//! | [Differences from Onezone](differences) | what is different, and why |

#[path = "../../docs/manual/administrators.md"]
pub mod administrators;
#[path = "../../docs/manual/api.md"]
pub mod api;
#[path = "../../docs/manual/audit.md"]
pub mod audit;
#[path = "../../docs/manual/caveats.md"]
pub mod caveats;
#[path = "../../docs/manual/clients.md"]
pub mod clients;
#[path = "../../docs/manual/commands.md"]
pub mod commands;
#[path = "../../docs/manual/console.md"]
pub mod console;
#[path = "../../docs/manual/database.md"]
pub mod database;
#[path = "../../docs/manual/differences.md"]
pub mod differences;
#[path = "../../docs/manual/examples.md"]
pub mod examples;
#[path = "../../docs/manual/first_steps.md"]
pub mod first_steps;
#[path = "../../docs/manual/how_it_works.md"]
pub mod how_it_works;
#[path = "../../docs/manual/integrators.md"]
pub mod integrators;
#[path = "../../docs/manual/keeping.md"]
pub mod keeping;
#[path = "../../docs/manual/keys.md"]
pub mod keys;
#[path = "../../docs/manual/monitoring.md"]
pub mod monitoring;
#[path = "../../docs/manual/oauth.md"]
pub mod oauth;
#[path = "../../docs/manual/proxies.md"]
pub mod proxies;
#[path = "../../docs/manual/shared_store.md"]
pub mod shared_store;
#[path = "../../docs/manual/troubleshooting.md"]
pub mod troubleshooting;
#[path = "../../docs/manual/users.md"]
pub mod users;
