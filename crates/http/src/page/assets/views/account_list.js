// A list of accounts, users or services, some at a time.

import { el, fill } from "../dom.js";
import { t } from "../texts.js";
import { badge, empty, moreButton } from "../widgets.js";

/** Accounts that are asked for at the same time, and shown at first. */
const AT_ONCE = 25;

/** Accounts by their ids, some at a time, as `draw` shows them. */
export async function accountList(ids, fetchOne, draw) {
  if (ids.length === 0) {
    return empty(t("accounts.none"), t("accounts.none_text"));
  }
  const rows = [];
  const place = el("div");
  const count = el("p", { class: "help count" });
  const next = async () => {
    const part = ids.slice(rows.length, rows.length + AT_ONCE);
    rows.push(...(await Promise.all(part.map(fetchOne))));
    fill(place, draw(rows));
    count.textContent = t("accounts.shown", { count: rows.length, all: ids.length });
    return rows.length < ids.length;
  };
  const hasMore = await next();
  return [place, count, moreButton(t("common.more"), hasMore, next)];
}

export function accountState(blocked) {
  return blocked ? badge("bad", t("accounts.blocked")) : badge("good", t("state.active"));
}
