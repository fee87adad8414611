//! The console: what the page at `/` does, what it keeps, and how far it is trusted.
//!
//! It is a client of the API like any other: files in the binary, no build step, nothing from elsewhere. `http.console = false`
//! takes it away.
//!
//! # What it works with
//!
//! Signing in makes a temporary token of half an hour with the password, which is then forgotten. The token lies in the memory
//! of one tab; nothing is written to the browser but the choice of light or dark. Signing out forgets the token. On the server it
//! stays good until it ends, but nobody has it any more. (Temporary tokens can only end all together: `DELETE /user/tokens/temporary`,
//! which the page offers as well.)
//!
//! Minting never widens, for this token neither: what it made would end with it. So whatever outlives it takes the password once
//! more, for that one call: making, rotating and restoring tokens, renaming, describing and deleting them, and staying signed in. Who
//! finds the page left open can see what there is and revoke it, and gets no token that lasts.
//!
//! A password stays in its field until it has done its work, so that after a refusal nothing is typed twice; a wrong one leaves the
//! field at once. The manual and the API's reference open in another tab: in this one they would end the session.
//!
//! # Tokens
//!
//! The list is searched by name, filtered by state, and sorted by age, end, name or last use. Sorting looks at the newest 500 tokens.
//! Badges tell what ends within 30, 7 and 1 days (unless it was made to live no longer), and what has no end or a late one: later than `token.max_named_ttl` allows for new
//! tokens, or than 365 days where that is `none`. A token without a name is called by the beginning of its id.
//!
//! Each token has a page (`#/tokens/ID`): what it allows, its description, when and from which network it was used last, and its
//! history from the audit trail. The description is the key `description` of the token's custom metadata; other keys stay as they
//! are. Below a new token stand lines for curl, Python and the `zonemint` command. Where its limits keep it from this server's own
//! API, as those of data do, the lines ask the server whether the token is good.
//!
//! # Administration
//!
//! What an account sees depends on its privileges. The page of a user (`#/users/ID`) has these:
//!
//! * **A reset link**, with which the user chooses a password that nobody else knows. It is shown once and good once, for an hour. Its
//!   secret stands behind the `#`, which browsers send to no server; the page takes it out of the address at once. The link is as
//!   good as the password: give it to the user alone.
//! * **Must change the password at the next sign-in.** The sign-in asks for a new one in place of the tokens.
//! * **Privileges.** Changing them takes `zm_users_manage_privileges`. Nobody gives or takes away what they lack.
//!
//! The audit trail is filtered by user name or id, action, address or network, time, and request. When the server itself fails, the
//! message has the number of the request; for who may read the trail it leads there.
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
//! All texts stand in `crates/http/src/page/assets/texts/en.js`. A language is a file beside it with the same keys, and a line in
//! `texts.js`; the browser's wishes decide. Dates and numbers follow the browser anyway.
