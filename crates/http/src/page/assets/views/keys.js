// The root keys that tokens are made with, for administrators.

import { ask, confirm, tellFailure } from "../dialogs.js";
import { announce, el, fill } from "../dom.js";
import { dateTime } from "../moments.js";
import { t } from "../texts.js";
import { badge, button, heading, notice, show, table } from "../widgets.js";

/** After this a key that comes next is the active one, or nearly so, in milliseconds. */
const HANDOVER_MS = 1000;

export function keysView({ session, signal }) {
  const place = el("div", { id: "key-list" });
  const draw = async () => {
    const { keys } = await session.call("GET", "/keys", { signal });
    const columns = [
      { title: t("column.id"), cell: ({ id }) => el("code", {}, String(id)) },
      { title: t("column.created"), cell: created },
      { title: t("column.state"), cell: ({ state }) => stateBadge(state) },
      { title: t("keys.meaning"), cell: ({ state }) => meaning(state) },
      { title: t("column.actions"), cell: (key) => actions(key, session, load), kind: "row-actions", unseen: true },
    ];
    if (keys.some(({ state }) => state === "next")) {
      setTimeout(() => draw().then((later) => fill(place, later), ignore), HANDOVER_MS);
    }
    return table(t("keys.title"), columns, keys, ({ id }) => String(id));
  };
  const load = () => show(place, draw);
  load();
  return el(
    "div",
    {},
    heading(
      t("keys.title"),
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

/** What is shown stays right but for the moment, and the next press of a button tells what is wrong. */
function ignore() {}

function stateBadge(state) {
  switch (state) {
    case "next":
      return badge("quiet", t("keys.next"));
    case "active":
      return badge("good", t("keys.active"));
    case "verifying":
      return badge("warning", t("keys.verifying"));
    default:
      return badge("quiet", t("keys.retired"));
  }
}

function meaning(state) {
  switch (state) {
    case "next":
      return t("keys.next_means");
    case "active":
      return t("keys.active_means");
    case "verifying":
      return t("keys.verifying_means");
    default:
      return t("keys.retired_means");
  }
}

function actions({ id, state }, session, reload) {
  if (state !== "verifying") {
    return null;
  }
  return [
    button(t("keys.activate"), {
      kind: "quiet",
      name: t("keys.activate_name", { id }),
      on: () => activate(id, session, reload),
      data: { action: "activate" },
    }),
    button(t("keys.retire"), {
      kind: "danger-quiet",
      name: t("keys.retire_name", { id }),
      on: () => retire(id, session, reload),
      data: { action: "retire" },
    }),
  ];
}

async function rotate(session, reload) {
  const made = await ask({
    title: t("keys.rotate_title"),
    body: el("p", {}, t("keys.rotate_text")),
    action: t("keys.rotate"),
    work: () => session.call("POST", "/keys/rotate"),
  });
  if (made) {
    await reload();
    announce(t("keys.rotated", { id: made.id }));
  }
}

async function activate(id, session, reload) {
  const sure = await confirm({
    title: t("keys.activate_title", { id }),
    text: [t("keys.activate_text")],
    action: t("keys.activate"),
    danger: false,
  });
  if (sure) {
    await change(`/keys/${id}/activate`, t("keys.activated_said", { id }), session, reload);
  }
}

async function retire(id, session, reload) {
  const word = t("keys.retire_word");
  const { keys } = await session.call("GET", "/keys?count=true").catch(() => ({ keys: [] }));
  const good = keys.find((key) => key.id === id)?.goodTokens;
  const counted =
    good === undefined ? [] : [good === 0 ? t("keys.retire_none") : t("keys.retire_count", { count: good })];
  const sure = await confirm({
    title: t("keys.retire_title", { id }),
    text: [t("keys.retire_text"), ...counted, t("keys.retire_more")],
    action: t("keys.retire"),
    typed: word,
  });
  if (sure) {
    await change(`/keys/${id}/retire`, t("keys.retired_said", { id }), session, reload);
  }
}

/** Does what was agreed to, and says so. */
async function change(path, said, session, reload) {
  try {
    await session.call("POST", path);
    await reload();
    announce(said);
  } catch (error) {
    await tellFailure(error);
  }
}
