// Which view belongs to which address (the part after #), who may see it, and what the menu calls it.

import { accountView } from "./views/account.js";
import { auditView } from "./views/audit.js";
import { createView } from "./views/create.js";
import { inspectView } from "./views/inspect.js";
import { keysView } from "./views/keys.js";
import { servicesView } from "./views/services.js";
import { resetView } from "./views/reset.js";
import { tokenView } from "./views/token.js";
import { tokensView } from "./views/tokens.js";
import { userView } from "./views/user.js";
import { usersView } from "./views/users.js";

/** `open`: needs no session. `may`: the operation that the user must be allowed. `menu`: its name in the menu, if it is there. */
export const ROUTES = [
  { path: "/tokens", name: "tokens", view: tokensView, menu: "nav.tokens" },
  { path: "/tokens/new", name: "create", view: createView, menu: "nav.create" },
  { path: "/tokens/:token", name: "token", view: tokenView, of: "/tokens" },
  { path: "/inspect", name: "inspect", view: inspectView, menu: "nav.inspect", open: true },
  { path: "/account", name: "account", view: accountView, menu: "nav.account" },
  { path: "/users", name: "users", view: usersView, menu: "nav.users", may: "GET /users" },
  { path: "/users/:id", name: "user", view: userView, may: "GET /users/{id}", of: "/users" },
  { path: "/users/:id/tokens", name: "tokens", view: tokensView, may: "GET /users/{id}/tokens", of: "/users" },
  { path: "/users/:id/tokens/new", name: "create", view: createView, may: "GET /users/{id}/tokens", of: "/users" },
  { path: "/users/:id/tokens/:token", name: "token", view: tokenView, may: "GET /users/{id}/tokens", of: "/users" },
  { path: "/services", name: "services", view: servicesView, menu: "nav.services", may: "GET /providers" },
  { path: "/services/:id/tokens", name: "tokens", view: tokensView, may: "GET /providers/{id}/tokens", of: "/services" },
  { path: "/services/:id/tokens/new", name: "create", view: createView, may: "GET /providers/{id}/tokens", of: "/services" },
  { path: "/services/:id/tokens/:token", name: "token", view: tokenView, may: "GET /providers/{id}/tokens", of: "/services" },
  { path: "/reset", name: "reset", view: resetView, open: true },
  { path: "/reset/:secret", name: "reset", view: resetView, open: true },
  { path: "/keys", name: "keys", view: keysView, menu: "nav.keys", may: "GET /keys" },
  { path: "/audit", name: "audit", view: auditView, menu: "nav.audit", may: "GET /audit" },
];

/** The route of an address, with its parameters and its query; the first one for an unknown address. */
export function routeOf(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  for (const route of ROUTES) {
    const pattern = new RegExp(`^${route.path.replace(/:([a-z]+)/g, "(?<$1>[A-Za-z0-9_-]+)")}$`);
    const found = pattern.exec(path);
    if (found !== null) {
      return { route, ...found.groups, path, query: new URLSearchParams(query) };
    }
  }
  return { route: ROUTES[0], path: ROUTES[0].path, query: new URLSearchParams() };
}
