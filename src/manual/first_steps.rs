//! From nothing to the first token, and the questions of the first day.
//!
//! # Start
//!
//! You need Linux, Rust 1.95 or later, and a C compiler. In the folder with the source, run:
//!
//! ```text
//! cargo install --locked --path .
//! zonemint serve
//! ```
//!
//! The first command builds the program and puts it into `~/.cargo/bin`. If your shell then says `zonemint: command not found`,
//! add that folder to the PATH: `export PATH=$PATH:~/.cargo/bin`.
//!
//! The second command starts the server. Its first start makes, in the current folder:
//!
//! | what | where |
//! |---|---|
//! | the database and the key-encryption key `zonemint.kek` | `data/`, readable only by you |
//! | a self-signed certificate for `localhost` and this machine's name | `certs/` |
//! | the account `admin` | its password is printed once, with a command to try |
//!
//! The first start also prints the SHA-256 of the certificate. Keep it: with it your users can check that they talk to your server.
//!
//! The server runs until you press Ctrl-C. Keep it running, and open a second terminal **in the same folder**. In the commands below,
//! replace `PASSWORD` with the printed password.
//!
//! Scripts can choose the first password: `ZONEMINT_ADMIN_PASSWORD` has the password, or `ZONEMINT_ADMIN_PASSWORD_FILE` names a file.
//! If that file does not exist, the first start makes it. Later starts do not use these variables.
//!
//! # The first token
//!
//! ```sh
//! curl --cacert certs/cert.pem -u admin:PASSWORD -X POST -d '' -H 'content-type: application/json' \
//!   https://localhost:8443/api/v3/onezone/user/client_tokens
//! ```
//!
//! The answer is one line: `{"token":"MDAxNWxvY2F00aW9uIG9uZXpvbmUK…"}`. The text between the second pair of quotes is the token.
//! With `jq`, this line keeps it in a variable:
//!
//! ```sh
//! TOKEN=$(curl -s --cacert certs/cert.pem -u admin:PASSWORD -X POST -d '' -H 'content-type: application/json' \
//!   https://localhost:8443/api/v3/onezone/user/client_tokens | jq -r .token)
//! ```
//!
//! # Use it
//!
//! A program sends the token in a header. Whoever has the token can do what its owner can do, so keep it like a password:
//!
//! ```sh
//! curl --cacert certs/cert.pem -H "X-Auth-Token: $TOKEN" https://localhost:8443/api/v3/onezone/user
//! ```
//!
//! A service that receives a token asks whether it is good. It needs no account for that:
//!
//! ```sh
//! curl --cacert certs/cert.pem -H 'content-type: application/json' -d "{\"token\": \"$TOKEN\"}" \
//!   https://localhost:8443/api/v3/onezone/tokens/verify_access_token
//! ```
//!
//! In a browser, `https://localhost:8443/` is a page to make, limit and revoke tokens. The browser warns about the certificate:
//! [Trust the certificate](#trust-the-certificate) says why.
//!
//! # Add a person
//!
//! ```sh
//! zonemint user add alice --generate
//! zonemint user list
//! ```
//!
//! Without `--generate` you are asked for the password. `zonemint user grant alice --all` makes `alice` an administrator, and
//! `zonemint user block alice` blocks the account with all its tokens. [For users](super::users) is the page for `alice`.
//!
//! # Trust the certificate
//!
//! The first certificate is self-signed: no public authority has signed it, so programs refuse it until you tell them to trust it.
//! The file is `certs/cert.pem`. Copy it to the machines of your users; it is no secret. (`certs/key.pem` is.)
//!
//! | program | how |
//! |---|---|
//! | curl | `curl --cacert certs/cert.pem …`, or `export CURL_CA_BUNDLE=certs/cert.pem` |
//! | Python, standard library | `export SSL_CERT_FILE=certs/cert.pem` |
//! | Python, `requests` | `export REQUESTS_CA_BUNDLE=certs/cert.pem`, or `requests.get(…, verify="certs/cert.pem")` |
//! | Node | `export NODE_EXTRA_CA_CERTS=certs/cert.pem`, before Node starts |
//! | Java | a truststore and two options: [Examples](super::examples#java) |
//! | Go | `export SSL_CERT_FILE=certs/cert.pem` (Linux and the BSDs) |
//! | `zonemint` | `zonemint login localhost:8443 --cacert certs/cert.pem`, once; or `--fingerprint` and the SHA-256 that the first start printed. The profile keeps it |
//! | browser | open the page, look at the certificate, and compare its SHA-256 fingerprint with the one that the first start printed. If they are equal, choose "Advanced" and continue |
//!
//! This command prints the SHA-256 again, on the machine of the server:
//!
//! ```text
//! openssl x509 -in certs/cert.pem -noout -fingerprint -sha256
//! ```
//!
//! Do not turn verification off (`curl -k`, `verify=False`): then somebody on the network can read passwords and tokens.
//!
//! **Another name.** The certificate is for `localhost` and the machine's own name. If your users need another name, stop the server,
//! delete `certs/cert.pem` and `certs/key.pem`, and start it with a settings file that has these lines:
//!
//! ```toml
//! [tls]
//! names = ["zone.example.org"]
//! ```
//!
//! **A certificate of your own.** Put it into `certs/cert.pem` (with the intermediate certificates) and its key into `certs/key.pem`.
//! The server uses it one second later. It can also get one from Let's Encrypt by itself:
//! [For administrators](super::administrators#certificates).
//!
//! # Install it as a service
//!
//! | what | how |
//! |---|---|
//! | a Debian package with a systemd service | `cargo install cargo-deb`, `cargo build --profile dist`, `config/debian/build`, and install the file that it prints. Then read `/usr/share/doc/zonemint/README.Debian` |
//! | a container image | `docker build -f config/docker/Dockerfile -t zonemint .` |
//! | a systemd service alone | `config/systemd/zonemint.service` |
//!
//! # Upgrade
//!
//! ```sh
//! zonemint store backup before-upgrade.sqlite
//! ```
//!
//! Then get the new source, run `cargo install --locked --path .` again, stop the server, and start it. The new version changes the
//! database if that is necessary. An older version may then refuse to open it, so keep the backup.
//!
//! # Stop, and start over
//!
//! Press Ctrl-C in the terminal of the server, or run `kill` with its process id. The server finishes the requests that it has
//! accepted, and stops. `zonemint serve` in the same folder starts it again, with all accounts and tokens.
//!
//! To start over with nothing, stop the server and delete the data and the certificate. **All accounts and tokens are then lost for ever:**
//!
//! ```text
//! rm -r data certs/*.pem
//! ```
//!
//! # A lost administrator's password
//!
//! In the folder of the server, as the user who started it (the server may run meanwhile):
//!
//! ```sh
//! zonemint user password admin --generate
//! ```
//!
//! It prints a new password. Tokens stay valid. If there is no administrator any more, `zonemint user grant NAME --all` makes one.
//! With the Debian package, use its settings and its user:
//!
//! ```text
//! runuser -u zonemint -- zonemint user password admin --generate --config /etc/zonemint/zonemint.toml
//! ```
//!
//! # Where it listens
//!
//! On port 8443 of all addresses of the machine, so other machines can connect. To allow only this machine:
//!
//! ```text
//! zonemint serve --listen 127.0.0.1:8443
//! ```
//!
//! To keep that, write it into a settings file. `zonemint config default` prints all settings with their meaning, and
//! `zonemint serve --config FILE` reads a file; give the same `--config` to all other commands.
//!
//! ```toml
//! [server]
//! listen = "127.0.0.1:8443"
//! ```
//!
//! # Behind nginx
//!
//! Use `config/proxy/front-nginx.conf`. It has comments for the lines to change: the name, nginx's certificate, and the address and
//! certificate of zonemint. Then tell zonemint to trust the address that nginx reports, or all clients share one address and its limits:
//!
//! ```toml
//! [http]
//! trusted_proxies = ["127.0.0.1"]
//! ```
//!
//! Files for HAProxy, Caddy, Traefik and Envoy, and what else to know, are on the page [Proxies](super::proxies).
//!
//! # What next
//!
//! * [When something goes wrong](super::troubleshooting): messages, their causes, and what to do.
//! * [For users](super::users), [For administrators](super::administrators), [For integrators](super::integrators).
//! * [Examples](super::examples) in Python, JavaScript, Java and Go.
//! * Make copies: [Backup, restore, tidying](super::keeping). Keep `data/zonemint.kek` apart from copies of the database. Without
//!   it, no token of the copy can be verified. With it and the database, anybody can make tokens.
