//! The console: what the page at `/` does, what it keeps, and how far it is trusted.
//!
//! It is a client of the API like any other: files in the binary, no build step, nothing from elsewhere. `http.console = false`
//! takes it away.
//!
//! # What it works with
//!
//! Signing in makes a temporary token of half an hour with the password, which is then forgotten. The token lies in the memory
//! of one tab; nothing is written to the browser but the choice of light or dark. Signing out forgets the token. On the server it
//! stays good until it ends, because temporary tokens end only all together (`DELETE /user/tokens/temporary`, which the page
//! offers as well); but nobody has it any more.
//!
//! Minting never widens, for this token neither: what it made would end with it. So whatever outlives it takes the password once
//! more, for that one call: making, rotating and restoring tokens, and staying signed in. Who finds the page left open can see what
//! there is and revoke it, and gets no token that lasts.
//!
//! # What it does without the server
//!
//! Looking into a token and narrowing it happen in the browser, by code that reads the format as strictly as
//! [`crate::macaroon`] does and tells caveats in the words of [`crate::caveat::Caveat::in_words`]; `tests/it/console.rs` holds the
//! two together. Only "Ask the server whether it is good" sends the token.
//!
//! # The policy it runs under
//!
//! `Content-Security-Policy` lets scripts, styles and calls go to the same origin alone, nothing inline, nothing in a frame, and no
//! script turn text into markup. A proxy in front must leave it as it is, and serve the page at the root of its host.
//!
//! Browsers need `<dialog>`, container queries and `WebCrypto`: those of 2023 and later, over HTTPS or on localhost.
//!
//! # Another language
//!
//! All texts stand in `src/http/page/assets/texts/en.js`. A language is a file beside it with the same keys, and a line in
//! `texts.js`; the browser's wishes decide. Dates and numbers follow the browser anyway.
