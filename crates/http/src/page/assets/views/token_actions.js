// What can be done with tokens: revoking, restoring, rotating, deleting, renaming and describing.

import { askTime } from "../api.js";
import { ask, tellWarning, withPassword } from "../dialogs.js";
import { el } from "../dom.js";
import { now } from "../moments.js";
import { t } from "../texts.js";
import { button, field, refuse, select } from "../widgets.js";
import { descendantsOption, madeView, told } from "./made.js";
import { isIdentity, nameOf } from "./token_words.js";

/**
 * The buttons for a token in its state. `changed(text)` is called after each change, with what it was; `deleted(text)` when the
 * token is gone.
 */
export function tokenActions(token, context, account, { changed, deleted }) {
  const name = nameOf(token);
  const one = (kind, label, spoken, action, work) => button(label, { kind, name: spoken, on: work, data: { action } });
  const rotating = () =>
    one("quiet", t("tokens.rotate"), t("tokens.rotate_name", { name }), "rotate", () => rotate(token, context, account));
  const revoking = () =>
    one("danger-quiet", t("tokens.revoke"), t("tokens.revoke_name", { name }), "revoke", () =>
      revoke(token, context, account, changed),
    );
  const restoring = () =>
    one("quiet", t("tokens.restore"), t("tokens.restore_name", { name }), "restore", () =>
      restore(token, context, changed),
    );
  const deleting = () =>
    one("danger-quiet", t("common.delete"), t("common.delete_name", { name }), "delete", () =>
      remove(token, context, deleted),
    );
  switch (token.state) {
    case "active":
      return [rotating(), revoking()];
    case "revoked":
      return [restoring(), deleting()];
    default:
      return [deleting()];
  }
}

async function revoke(token, { session }, account, changed) {
  const name = nameOf(token);
  const descendants = descendantsOption();
  const done = await ask({
    title: t("tokens.revoke_title", { name }),
    body: [el("p", {}, t("tokens.revoke_text")), descendants.label],
    action: t("tokens.revoke"),
    danger: true,
    work: () =>
      session.call("POST", `${account.api}/tokens/revoke`, { body: { ids: [token.id], ...descendants.body() } }),
  });
  if (done) {
    await changed(told(t("tokens.revoked", { name }), done));
  }
}

async function restore(token, { session }, changed) {
  const name = nameOf(token);
  const done = await withPassword({
    title: t("tokens.restore_title", { name }),
    text: t("tokens.restore_text"),
    action: t("tokens.restore"),
    work: (password) =>
      session.call("PATCH", `/tokens/named/${token.id}`, { body: { revoked: false }, password }).then(() => true),
  });
  if (done) {
    await changed(t("tokens.restored", { name }));
  }
}

/** Takes the password: the page's own token may not change tokens that outlive it. */
async function remove(token, { session }, deleted) {
  const name = nameOf(token);
  const done = await withPassword({
    title: t("tokens.delete_title", { name }),
    text: t("tokens.delete_text"),
    action: t("common.delete"),
    danger: true,
    work: (password) => session.call("DELETE", `/tokens/named/${token.id}`, { password }).then(() => true),
  });
  if (done) {
    await deleted(t("tokens.deleted", { name }));
  }
}

async function rotate(token, context, account) {
  const name = nameOf(token);
  const overlap = field(
    t("tokens.overlap"),
    select(
      [
        ["0", t("tokens.overlap_none")],
        ["3600", t("tokens.overlap_hour")],
        ["86400", t("tokens.overlap_day")],
        ["604800", t("tokens.overlap_week")],
      ],
      "3600",
    ),
    { help: t("tokens.overlap_help") },
  );
  const descendants = descendantsOption();
  const made = await withPassword({
    title: t("tokens.rotate_title", { name }),
    text: t("tokens.rotate_text"),
    fields: [overlap.root, descendants.label],
    action: t("tokens.rotate"),
    work: (password) =>
      context.session.call("POST", `/tokens/${token.id}/rotate`, {
        body: { overlap: descendants.wanted() ? 0 : Number(overlap.input.value), ...descendants.body() },
        password,
      }),
  });
  if (made) {
    const type = isIdentity(token) ? "idn" : "act";
    context.show(madeView(t("tokens.rotated", { name }), made.token, type, account), "made");
    await tellWarning(made);
  }
}

/** Another name and another description of a token that was read with all its notes. Other notes stay as they are. */
export async function edit(token, { session }, changed) {
  const name = field(
    t("field.token_name"),
    el("input", { type: "text", id: "edit-name", autocomplete: "off", maxlength: "128", value: token.name ?? "" }),
    { help: token.name === null ? t("tokens.edit_unnamed") : undefined },
  );
  const about = field(
    t("field.description"),
    el("input", {
      type: "text",
      id: "edit-description",
      autocomplete: "off",
      maxlength: "1000",
      value: token.description ?? "",
    }),
    { help: t("create.description_help") },
  );
  const body = () => {
    const written = name.input.value.trim();
    const { description: _, ...notes } = token.customMetadata;
    const described = about.input.value.trim();
    return {
      ...(written === "" || written === token.name ? {} : { name: written }),
      customMetadata: described === "" ? notes : { ...notes, description: described },
    };
  };
  const isMissing = () => token.name !== null && name.input.value.trim().length < 2;
  const done = await withPassword({
    title: t("tokens.edit_title", { name: nameOf(token) }),
    text: t("tokens.edit_text"),
    fields: [name.root, about.root],
    action: t("tokens.edit_save"),
    check: () => !refuse([[name, isMissing() ? t("create.name_missing") : null]]),
    work: (password) =>
      session.call("PATCH", `/tokens/named/${token.id}`, { body: body(), password }).then(() => true),
    refused: (error) => {
      const isName = ["badValueIdentifierOccupied", "badValueName"].includes(error.id);
      return isName && refuse([[name, error.message]]);
    },
  });
  if (done) {
    await changed(t("tokens.edited"));
  }
}

export async function revokeAll({ session }, account, changed) {
  const isOwn = account.api === "/user";
  const temporary = el("input", { type: "checkbox", id: "revoke-temporary" });
  const also = el(
    "label",
    { class: "check", for: "revoke-temporary" },
    temporary,
    el("span", {}, isOwn ? t("tokens.also_temporary_own") : t("tokens.also_temporary")),
  );
  const descendants = descendantsOption();
  const word = t("tokens.revoke_all_word");
  const typed = field(
    t("dialog.type", { word }),
    el("input", { type: "text", autocomplete: "off", id: "revoke-all-word" }),
  );
  const done = await ask({
    title: t("tokens.revoke_all_title"),
    body: [el("p", {}, t("tokens.revoke_all_text")), also, descendants.label, typed.root],
    action: t("tokens.revoke_all"),
    danger: true,
    work: async () => {
      if (refuse([[typed, typed.input.value.trim() === word ? null : t("dialog.type_wrong", { word })]])) {
        return undefined;
      }
      await askTime();
      // Everything that was made up to now; or with the temporary tokens, which only "all" ends.
      const body = temporary.checked ? { all: true } : { issuedBefore: now() + 1 };
      return session.call("POST", `${account.api}/tokens/revoke`, { body: { ...body, ...descendants.body() } });
    },
  });
  if (done && temporary.checked && isOwn) {
    session.expire();
  } else if (done) {
    await changed(told(t("tokens.revoked_all", { count: done.revoked }), done));
  }
}
