//! Programs in four languages. Each one gets a token for one hour, uses it, and asks the server whether it is good.
//!
//! A test runs them as they are here, against a new server with its self-signed certificate. They are in the folder
//! `src/manual/examples` of the source. Copy one, go to the folder in which `zonemint serve` was started, and set two variables:
//!
//! ```text
//! export ONEZONE_HOST=localhost:8443 ONEZONE_BASIC_AUTH=admin:PASSWORD
//! ```
//!
//! The command line `zonemint` reads the same variables. The programs do not name the certificate. It is given by a variable or an
//! option, so that a program needs no change when the server gets a certificate of a public authority: then leave that variable
//! out. Each of the four programs prints `admin has a token for 60 minutes`. If it prints something else, look at
//! [When something goes wrong](super::troubleshooting#messages-of-other-programs).
//!
//! # curl
//!
//! ```sh
//! curl --silent --show-error --fail --cacert certs/cert.pem -u "$ONEZONE_BASIC_AUTH" -X POST -d '{"ttl": 3600}' \
//!   -H 'content-type: application/json' "https://$ONEZONE_HOST/api/v3/onezone/user/client_tokens" > token.json
//! echo "the file token.json has a token"
//! ```
//!
//! `jq -r .token token.json` prints it.
//!
//! # Python
//!
//! ```sh
//! SSL_CERT_FILE=certs/cert.pem python3 first_token.py
//! ```
//!
//! ```python
#![doc = include_str!("examples/first_token.py")]
//! ```
//!
//! The package `requests` reads another variable:
//!
//! ```sh
//! REQUESTS_CA_BUNDLE=certs/cert.pem python3 -c 'import os, requests
//! host, (name, password) = os.environ["ONEZONE_HOST"], os.environ["ONEZONE_BASIC_AUTH"].split(":", 1)
//! requests.post(f"https://{host}/api/v3/onezone/user/client_tokens", auth=(name, password)).raise_for_status()
//! print(f"{name} has a token")'
//! ```
//!
//! # JavaScript
//!
//! Node reads `NODE_EXTRA_CA_CERTS` when it starts. A script in a browser uses `fetch` in the same way; there the browser must trust
//! the certificate ([First steps](super::first_steps#trust-the-certificate)).
//!
//! ```sh
//! NODE_EXTRA_CA_CERTS=certs/cert.pem node first_token.mjs
//! ```
//!
//! ```js
#![doc = include_str!("examples/first_token.mjs")]
//! ```
//!
//! # Java
//!
//! Java reads certificates from a truststore. `keytool` comes with Java and makes one, once. With the two options the program trusts
//! only what is in that file.
//!
//! ```sh
//! keytool -importcert -noprompt -alias zonemint -file certs/cert.pem \
//!   -keystore truststore.p12 -storetype PKCS12 -storepass changeit
//! java -Djavax.net.ssl.trustStore=truststore.p12 -Djavax.net.ssl.trustStorePassword=changeit FirstToken.java
//! ```
//!
//! ```java
#![doc = include_str!("examples/FirstToken.java")]
//! ```
//!
//! # Go
//!
//! Go reads `SSL_CERT_FILE` on Linux and the BSDs. On macOS and Windows add the certificate to the system's store.
//!
//! ```sh
//! SSL_CERT_FILE=certs/cert.pem go run first_token.go
//! ```
//!
//! ```go
#![doc = include_str!("examples/first_token.go")]
//! ```
