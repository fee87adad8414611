//! The address of a PostgreSQL database, and which server is believed to be it.
//!
//! `store.url` is an address as libpq has it (`postgres://user@host,host/name?…`), and as consoles of cloud providers show it. Of the
//! parameters behind the `?`, `user`, `password`, `dbname`, `host`, `hostaddr`, `port`, `options`, `application_name`,
//! `channel_binding`, `sslnegotiation` and `load_balance_hosts` are taken, and so is `target_session_attrs` where it asks for a server
//! that writes (`primary`, `read-write`). A host or port there takes the place of the one before the `?`. What asks for nothing but
//! what is done anyway, as `gssencmode=disable`, is taken as well. Everything else is refused, with what to do instead:
//!
//! | in other programs | here |
//! |---|---|
//! | `sslmode` | `store.tls`; in the address it is taken, and refused if it asks for more than the setting gives, or for no TLS where the setting has it |
//! | `sslrootcert` | `store.tls_ca`; for `system`, the system's file (`/etc/ssl/certs/ca-certificates.crt`) |
//! | `sslcert`, `sslkey` | a password, in `store.password_file` |
//! | `passfile` | `store.password_file`, with the password alone |
//! | `connect_timeout`, `pool_timeout` | `store.connect_timeout` |
//! | `socket_timeout` | `store.statement_timeout` |
//! | `connection_limit` | `store.pool` |
//! | `require_auth` | `channel_binding=require` |
//! | `pgbouncer`, `supa`, `keepalives_…` | nothing: leave them out |
//!
//! # Which server is believed
//!
//! `store.tls` says it:
//!
//! * `"verify-full"`: one with a certificate for the host's name that an authority in `store.tls_ca` has signed. Providers offer that
//!   file for download.
//! * `"pin"`: one that has the key of a certificate in `store.tls_ca`, whatever that says of itself: no names are compared, and no end.
//!   This is for the certificate that `openssl req -x509` makes, which has no name that counts and calls itself an authority. Copy the
//!   server's `server.crt` to each node by a way that nobody else can write to. Before it is replaced, put the new one into
//!   that file, too, and start the nodes again.
//! * `"require"`: whoever answers; `"disable"`: no encryption. Both are for networks that nobody else is in.
