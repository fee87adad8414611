// Who is signed in: a temporary token that lives in this module's memory and nowhere else, and ends by itself.
//
// The password is used for one call and not kept. What only a password may do (making a token that outlives this one) asks
// for it again.

import { askTime, basic, bearer, call } from "./api.js";
import { now } from "./moments.js";

/** How long the page's own token lives, in seconds. */
const LIFETIME_S = 30 * 60;

/** Makes the one session of the page. `changed(why)` is called with "signed_in", "signed_out" or "expired". */
export function makeSession(changed) {
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
    /** The account as `GET /user` has it; null while nobody is signed in. */
    user: () => user,
    /** When the session ends, in seconds since 1970. */
    until: () => until,
    /** Whether the account has a privilege, as in "oz_users_list". */
    may: (privilege) => user?.privileges?.includes(privilege) ?? false,
    isOver: () => token !== null && now() >= until,
    expire: () => end("expired"),
    /** Forgets the token. It stays good on the server until it ends, but nobody has it any more. */
    signOut: () => end("signed_out"),

    async signIn(name, password) {
      const own = await obtain(name, password);
      const account = await call("GET", "/user", { authorization: bearer(own.text) });
      token = own.text;
      user = account;
      until = own.last;
      changed("signed_in");
    },

    /** Chooses another password for who must before they can sign in. */
    async changePassword(name, old, fresh) {
      const body = { oldPassword: old, newPassword: fresh };
      await call("PATCH", "/user/password", { authorization: basic(name, old), body });
    },

    /** Asks again who the user is, after something about that has changed. */
    async refresh() {
      user = await this.call("GET", "/user");
    },

    /** Another token, with the whole time before it. A session that ends meanwhile stays ended. */
    async renew(password) {
      const { signal } = ending;
      const own = await obtain(user.username, password, signal);
      signal.throwIfAborted();
      token = own.text;
      until = own.last;
    },

    /** A call as this user; with `password` for what the session's token may not do. */
    async call(method, path, { body, password, signal } = {}) {
      const own = token;
      const authorization = password === undefined ? bearer(own) : basic(user.username, password);
      const both = signal === undefined ? ending.signal : anyOf(signal, ending.signal);
      try {
        return await call(method, path, { authorization, body, signal: both });
      } catch (error) {
        // A token that is refused as such will never be good again: revoked, expired, or its user blocked. Since the call began
        // the session may have been renewed.
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
