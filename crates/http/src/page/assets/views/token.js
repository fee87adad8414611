// One token: what it is and allows, what can be done with it, and what has happened to it.

import { accountOf } from "../account_path.js";
import { announce, el, fill } from "../dom.js";
import { dateTime } from "../moments.js";
import { t } from "../texts.js";
import { button, empty, heading, linkButton, moreButton, show } from "../widgets.js";
import { historyTable } from "./audit_rows.js";
import { edit, tokenActions } from "./token_actions.js";
import { allows, ends, isIdentity, lastUse, nameOf, stateBadge } from "./token_words.js";

const PAGE = 20;

export function tokenView(context) {
  const { session, at, signal, go, retitle } = context;
  const account = accountOf(at);
  const place = el("div", { class: "stack", id: "token" });
  const load = () =>
    show(place, async () => {
      const { tokens } = await session.call("GET", `${account.api}/tokens?id=${at.token}`, { signal });
      if (tokens.length === 0) {
        return empty(t("token_page.none"), t("token_page.none_text"), linkButton(t("made.done"), `#${account.page}`));
      }
      const [token] = tokens;
      retitle(nameOf(token));
      return [factsPanel(token, context, account, acting), historyPanel(token, session, signal)];
    });
  const acting = {
    changed: async (text) => {
      await load();
      announce(text);
      place.querySelector("button")?.focus();
    },
    deleted: (text) => {
      go(account.page);
      announce(text);
    },
  };
  load();
  return el(
    "div",
    {},
    heading(t("token_page.title"), undefined, linkButton(t("made.done"), `#${account.page}`, { id: "token-back" })),
    place,
  );
}

function factsPanel(token, context, account, acting) {
  const facts = [
    [t("column.state"), stateBadge(token.state)],
    [t("field.description"), token.description ?? t("token_page.no_description")],
    [t("create.type"), isIdentity(token) ? t("kind.identity") : t("kind.access")],
    [t("column.allows"), allows(token)],
    [t("column.created"), dateTime(token.created)],
    [t("column.ends"), el("div", { class: "inline" }, ends(token))],
    [t("column.used"), lastUse(token)],
    token.mintedBy === null ? null : [t("tokens.minted_by"), el("code", {}, token.mintedBy)],
    [t("column.id"), el("code", {}, token.id)],
  ];
  return el(
    "section",
    { class: "panel" },
    el("h2", {}, t("token_page.facts")),
    el(
      "dl",
      { class: "facts" },
      facts.filter(Boolean).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
    ),
    el(
      "div",
      { class: "actions start" },
      button(t("tokens.edit"), { id: "edit-token", on: () => edit(token, context, acting.changed) }),
      tokenActions(token, context, account, acting),
    ),
  );
}

/** From the audit trail, which tells it to the token's owner too. */
function historyPanel(token, session, signal) {
  const place = el("div", { id: "token-history" });
  const page = (cursor) => {
    const query = new URLSearchParams({ limit: PAGE, ...(cursor && { cursor }) });
    return session.call("GET", `/tokens/named/${token.id}/history?${query}`, { signal });
  };
  show(place, async () => {
    const first = await page();
    const rows = [...first.rows];
    const list = el("div");
    let cursor = first.next;
    const draw = () => fill(list, rows.length === 0 ? el("p", {}, t("token_page.no_history")) : historyTable(rows, token.subject.id));
    const older = moreButton(t("audit.older"), cursor !== null, async () => {
      const next = await page(cursor);
      rows.push(...next.rows);
      cursor = next.next;
      draw();
      announce(t("audit.shown", { count: rows.length }));
      return cursor !== null;
    });
    draw();
    return [list, older];
  });
  return el("section", { class: "stack" }, el("h2", {}, t("token_page.history")), place);
}
