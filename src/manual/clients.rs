//! Programs and libraries that were run against this server, in which version, and what came of it.
//!
//! The tables below are written by the run itself (`tests/clients/run`), and a later run that sees anything else fails. Each client
//! has a user of its own, whose name and password hold what clients encode in different ways (`-`, `_`, `.`; `%`, `+`, `&`, `=`, a
//! colon and blanks). It verifies the server's certificate, mints by its obvious idiom, uses the token, and is refused with a wrong
//! password. `USER` stands for its name, `SERVER` for where the server is.
//!
//! A macaroon library narrows a client, a named and a temporary token, as the server writes them with `?encoding=onezone` (the
//! default), `base64url` and `v2`, and hands each back in every form that it offers. Accepted is what the server takes as a token
//! while it is good, and refuses when the library has narrowed it so that it is over.
//!
//! Programs that send a name and a password only ask nginx with our file (`config/proxy/nginx.conf`), and send a token as the
//! password. Behind nginx Apache keeps repositories, packages and files. rclone stands for what mounts or copies by WebDAV, and skopeo
//! sends the requests of `docker login`.
//!
#![expect(clippy::doc_markdown, reason = "the tables hold the names of clients and of what they offer")]
#![doc = include_str!("clients.md")]
