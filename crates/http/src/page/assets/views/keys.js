// The root keys that tokens are minted with, for administrators.

import { ask, changed, confirm } from "../dialogs.js";
import { el, fill } from "../dom.js";
import { dateTime } from "../moments.js";
import { t } from "../texts.js";
import { badge, button, heading, notice, show, table } from "../widgets.js";

/** How long until a next key is the active one, about, in milliseconds. */
const HANDOVER_MS = 1000;

/** Each state: the kind of its badge, its name, its meaning. */
const STATES = {
  next: ["quiet", "keys.next", "keys.next_means"],
  active: ["good", "state.active", "keys.active_means"],
  verifying: ["warning", "keys.verifying", "keys.verifying_means"],
  retired: ["quiet", "keys.retired", "keys.retired_means"],
};

export function keysView({ session, signal }) {
  const place = el("div", { id: "key-list" });
  const draw = async () => {
    const { keys } = await session.call("GET", "/keys", { signal });
    const columns = [
      { title: t("column.id"), cell: ({ id }) => el("code", {}, String(id)) },
      { title: t("column.created"), cell: created },
      { title: t("column.state"), cell: ({ state }) => badge(STATES[state][0], t(STATES[state][1])) },
      { title: t("keys.meaning"), cell: ({ state }) => t(STATES[state][2]) },
      { title: t("column.actions"), cell: (key) => actions(key, session, load), kind: "row-actions", unseen: true },
    ];
    if (keys.some(({ state }) => state === "next")) {
      setTimeout(() => draw().then((later) => fill(place, later), ignore), HANDOVER_MS);
    }
    return table(t("nav.keys"), columns, keys, ({ id }) => String(id));
  };
  const load = () => show(place, draw);
  load();
  return el(
    "div",
    {},
    heading(
      t("nav.keys"),
      t("keys.lead"),
      button(t("keys.rotate"), { kind: "primary", id: "rotate-key", on: () => rotate(session, load) }),
    ),
    notice("info", el("p", {}, t("keys.about"))),
    place,
  );
}

/** The moment, and whether it can be true. */
function created({ created: moment, fromFuture }) {
  return [dateTime(moment), fromFuture && badge("warning", t("keys.from_future"))];
}

/** The list is then a moment old, and the next press of a button shows the error. */
function ignore() {}

function actions({ id, state }, session, reload) {
  if (state !== "verifying") {
    return null;
  }
  const one = (action, kind, label, name, on) => button(label, { kind, name, on, data: { action } });
  return [
    one("activate", "quiet", t("keys.activate"), t("keys.activate_name", { id }), () => activate(id, session, reload)),
    one("retire", "danger-quiet", t("keys.retire"), t("keys.retire_name", { id }), () => retire(id, session, reload)),
  ];
}

async function rotate(session, reload) {
  await ask({
    title: t("keys.rotate_title"),
    text: t("keys.rotate_text"),
    action: t("keys.rotate"),
    work: () => session.call("POST", "/keys/rotate"),
    done: ({ id }) => changed(reload, t("keys.rotated", { id })),
  });
}

async function activate(id, session, reload) {
  await confirm({
    title: t("keys.activate_title", { id }),
    text: t("keys.activate_text"),
    action: t("keys.activate"),
    danger: false,
    done: async () => changed(reload, t("keys.activated_said", { id }), await session.call("POST", `/keys/${id}/activate`)),
  });
}

async function retire(id, session, reload) {
  const { keys } = await session.call("GET", "/keys?count=true").catch(() => ({ keys: [] }));
  const good = keys.find((key) => key.id === id)?.goodTokens;
  const counted =
    good === undefined ? [] : [good === 0 ? t("keys.retire_none") : t("keys.retire_count", { count: good })];
  await confirm({
    title: t("keys.retire_title", { id }),
    text: [t("keys.retire_text"), ...counted, t("keys.retire_more")],
    action: t("keys.retire"),
    typed: t("keys.retire_word"),
    done: async () => changed(reload, t("keys.retired_said", { id }), await session.call("POST", `/keys/${id}/retire`)),
  });
}
