// One token: its facts, actions and history.

import { accountOf } from "../account_path.js";
import { announce, el } from "../dom.js";
import { dateTime } from "../moments.js";
import { t } from "../texts.js";
import { button, empty, facts, heading, linkButton, panel, show } from "../widgets.js";
import { historyTable, trailList } from "./audit_rows.js";
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
    heading(t("column.token"), undefined, linkButton(t("made.done"), `#${account.page}`, { id: "token-back" })),
    place,
  );
}

function factsPanel(token, context, account, acting) {
  const rows = [
    [t("column.state"), stateBadge(token.state)],
    [t("field.description"), token.description ?? t("common.none")],
    [t("create.type"), isIdentity(token) ? t("kind.identity") : t("kind.access")],
    [t("column.allows"), allows(token)],
    [t("column.created"), dateTime(token.created)],
    [t("column.ends"), el("div", { class: "inline" }, ends(token))],
    [t("column.used"), lastUse(token)],
    token.mintedBy === null ? null : [t("tokens.minted_by"), el("code", {}, token.mintedBy)],
    [t("column.id"), el("code", {}, token.id)],
  ];
  const rename = button(t("tokens.edit"), { id: "edit-token", on: () => edit(token, context, acting.changed) });
  const actions = el("div", { class: "actions start" }, rename, tokenActions(token, context, account, acting));
  return panel(t("token_page.facts"), facts(rows), actions);
}

/** The rows of the audit trail about the token, which its owner may read too. */
function historyPanel(token, session, signal) {
  const place = el("div", { id: "token-history" });
  const page = (cursor) => {
    const query = new URLSearchParams({ limit: PAGE, ...(cursor && { cursor }) });
    return session.call("GET", `/tokens/named/${token.id}/history?${query}`, { signal });
  };
  const list = {
    page,
    draw: (rows) => historyTable(rows, token.subject.id),
    none: () => el("p", {}, t("token_page.no_history")),
  };
  show(place, () => trailList(list));
  return el("section", { class: "stack" }, el("h2", {}, t("token_page.history")), place);
}
