// Whose tokens an address is about, and the addresses of their pages.

/** The account's path in the API, and that of its list in the console. */
export function accountOf({ route, id }) {
  const api = { "/users": "/users", "/services": "/providers" }[route.of];
  return api === undefined
    ? { api: "/user", page: "/tokens" }
    : { api: `${api}/${id}`, page: `${route.of}/${id}/tokens` };
}
