// Who is signed in: a temporary token in this module's memory, and nowhere else, that expires by itself.
//
// The password is used for one call and not stored. What only a password may do (minting a token that outlives this one) asks
// for it again.

import { askTime, basic, bearer, call } from "./api.js";
import { now } from "./moments.js";

/** How long the page's own token lives, in seconds. */
const LIFETIME_S = 30 * 60;

/**
 * Makes the one session of the page. `changed(why)` is called with "signed_in", "signed_out" or "expired". `needed` has the
 * privilege of each operation that needs one, as "GET /users".
 */
export function makeSession(changed, needed = {}) {
  let token = null;
  let user = null;
  let until = 0;
  let ending = new AbortController();

  const end = (why) => {
    if (token === null) {
      return;
    }
    token = null;
    user = null;
    ending.abort();
    ending = new AbortController();
    changed(why);
  };

  const obtain = async (name, password, signal) => {
    await askTime(signal);
    const last = now() + LIFETIME_S;
    const body = { type: { accessToken: {} }, caveats: [{ type: "time", validUntil: last }] };
    const made = await call("POST", "/user/tokens/temporary", { authorization: basic(name, password), body, signal });
    return { text: made.token, last };
  };

  return {
    /** The account as `GET /user` answers it; null without a session. */
    user: () => user,
    /** When the session ends, in seconds since 1970. */
    until: () => until,
    /** Whether the account may call an operation that needs a privilege, as "GET /users". */
    may: (operation) => user?.privileges?.includes(needed[operation]) ?? false,
    isOver: () => token !== null && now() >= until,
    expire: () => end("expired"),
    /** Deletes the token here. On the server it is valid until it expires, but nobody has it. */
    signOut: () => end("signed_out"),

    async signIn(name, password) {
      const own = await obtain(name, password);
      const account = await call("GET", "/user", { authorization: bearer(own.text) });
      token = own.text;
      user = account;
      until = own.last;
      changed("signed_in");
    },

    /** Changes a password that must be changed before its user can sign in. */
    async changePassword(name, old, fresh) {
      const body = { oldPassword: old, newPassword: fresh };
      await call("PATCH", "/user/password", { authorization: basic(name, old), body });
    },

    /** Reads the account again, after a change. */
    async refresh() {
      user = await this.call("GET", "/user");
    },

    /** Gets another token with the full lifetime. A session that ends meanwhile stays ended. */
    async renew(password) {
      const { signal } = ending;
      const own = await obtain(user.username, password, signal);
      signal.throwIfAborted();
      token = own.text;
      until = own.last;
    },

    /** Calls the API as this user; with `password` for what the session's token may not do. */
    async call(method, path, { body, password, signal } = {}) {
      const own = token;
      const authorization = password === undefined ? bearer(own) : basic(user.username, password);
      const both = signal === undefined ? ending.signal : anyOf(signal, ending.signal);
      try {
        return await call(method, path, { authorization, body, signal: both });
      } catch (error) {
        // A token that was refused stays refused: it is revoked or expired, or its user is blocked. But the session may have been
        // renewed since the call began.
        if (error.status === 401 && password === undefined && own === token) {
          end("expired");
        }
        throw error;
      }
    },
  };
}

function anyOf(...signals) {
  const either = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) {
      either.abort();
    }
    signal.addEventListener("abort", () => either.abort(), { once: true });
  }
  return either.signal;
}
