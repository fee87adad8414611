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

pub mod administrators;
pub mod api;
pub mod audit;
pub mod caveats;
pub mod clients;
pub mod commands;
pub mod console;
pub mod database;
pub mod differences;
pub mod examples;
pub mod first_steps;
pub mod how_it_works;
pub mod integrators;
pub mod keeping;
pub mod keys;
pub mod monitoring;
pub mod oauth;
pub mod proxies;
pub mod shared_store;
pub mod troubleshooting;
pub mod users;
