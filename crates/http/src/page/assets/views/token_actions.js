// What can be done with tokens: revoking, restoring, rotating, deleting, renaming and describing.

import { askTime } from "../api.js";
import { ask, tellWarning, withPassword } from "../dialogs.js";
import { now } from "../moments.js";
import { t } from "../texts.js";
import { button, checkbox, field, refuse, select } from "../widgets.js";
import { descendantsOption, isAboutName, madeView, nameFields, told } from "./made.js";
import { isIdentity, nameOf } from "./token_words.js";

/**
 * The buttons for a token in its state. `changed(text)` is called after a change, and `deleted(text)` after a deletion, with what to
 * announce.
 */
export function tokenActions(token, context, account, { changed, deleted }) {
  const name = nameOf(token);
  const one = (action, kind, label, spoken, on) => button(label, { kind, name: spoken, on, data: { action } });
  const deleting = () =>
    one("delete", "danger-quiet", t("common.delete"), t("common.delete_name", { name }), () => remove(token, context, deleted));
  switch (token.state) {
    case "active":
      return [
        one("rotate", "quiet", t("tokens.rotate"), t("tokens.rotate_name", { name }), () => rotate(token, context, account)),
        one("revoke", "danger-quiet", t("tokens.revoke"), t("tokens.revoke_name", { name }), () =>
          revoke(token, context, account, changed),
        ),
      ];
    case "revoked":
      return [
        one("restore", "quiet", t("tokens.restore"), t("tokens.restore_name", { name }), () => restore(token, context, changed)),
        deleting(),
      ];
    default:
      return [deleting()];
  }
}

async function revoke(token, { session }, account, changed) {
  const name = nameOf(token);
  const descendants = descendantsOption();
  await ask({
    title: t("tokens.revoke_title", { name }),
    text: t("tokens.revoke_text"),
    fields: descendants.label,
    action: t("tokens.revoke"),
    danger: true,
    work: () =>
      session.call("POST", `${account.api}/tokens/revoke`, { body: { ids: [token.id], ...descendants.body() } }),
    done: (answer) => changed(told(t("tokens.revoked", { name }), answer)),
  });
}

async function restore(token, { session }, changed) {
  const name = nameOf(token);
  await withPassword({
    title: t("tokens.restore_title", { name }),
    text: t("tokens.restore_text"),
    action: t("tokens.restore"),
    work: (password) => session.call("PATCH", `/tokens/named/${token.id}`, { body: { revoked: false }, password }),
    done: () => changed(t("tokens.restored", { name })),
  });
}

/** Needs the password: the page's own token may not change tokens that outlive it. */
async function remove(token, { session }, deleted) {
  const name = nameOf(token);
  await withPassword({
    title: t("tokens.delete_title", { name }),
    text: t("tokens.delete_text"),
    action: t("common.delete"),
    danger: true,
    work: (password) => session.call("DELETE", `/tokens/named/${token.id}`, { password }),
    done: () => deleted(t("common.deleted", { name })),
  });
}

async function rotate(token, context, account) {
  const name = nameOf(token);
  const seconds = [
    ["0", t("tokens.overlap_none")],
    ["3600", t("tokens.overlap_hour")],
    ["86400", t("tokens.overlap_day")],
    ["604800", t("tokens.overlap_week")],
  ];
  const overlap = field(t("tokens.overlap"), select(seconds, "3600"), { help: t("tokens.overlap_help") });
  const descendants = descendantsOption();
  await withPassword({
    title: t("tokens.rotate_title", { name }),
    text: t("tokens.rotate_text"),
    fields: [overlap.root, descendants.label],
    action: t("tokens.rotate"),
    work: (password) =>
      context.session.call("POST", `/tokens/${token.id}/rotate`, {
        body: { overlap: descendants.wanted() ? 0 : Number(overlap.input.value), ...descendants.body() },
        password,
      }),
    done: (made) => {
      const type = isIdentity(token) ? "idn" : "act";
      context.show(madeView(t("tokens.rotated", { name }), made.token, type, account), "made");
      return tellWarning(made);
    },
  });
}

/** Changes name and description of a token that was read with all its notes. Other notes stay as they are. */
export async function edit(token, { session }, changed) {
  const { name, about } = nameFields("edit", token, token.name === null ? t("tokens.edit_unnamed") : undefined);
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
  await withPassword({
    title: t("tokens.edit_title", { name: nameOf(token) }),
    text: t("tokens.edit_text"),
    fields: [name.root, about.root],
    action: t("tokens.edit_save"),
    check: () => !refuse([[name, isMissing() ? t("create.name_missing") : null]]),
    work: (password) => session.call("PATCH", `/tokens/named/${token.id}`, { body: body(), password }),
    refused: (error) => isAboutName(error) && refuse([[name, error.message]]),
    done: () => changed(t("tokens.edited")),
  });
}

export async function revokeAll({ session }, account, changed) {
  const isOwn = account.api === "/user";
  const { input: temporary, label } = checkbox(isOwn ? t("tokens.also_temporary_own") : t("tokens.also_temporary"), {
    id: "revoke-temporary",
  });
  const descendants = descendantsOption();
  await ask({
    title: t("tokens.revoke_all_title"),
    text: t("tokens.revoke_all_text"),
    fields: [label, descendants.label],
    typed: t("tokens.revoke_all_word"),
    action: t("tokens.revoke_all"),
    danger: true,
    work: async () => {
      await askTime();
      // All tokens up to now; or "all", which alone revokes temporary tokens too.
      const body = temporary.checked ? { all: true } : { issuedBefore: now() + 1 };
      return session.call("POST", `${account.api}/tokens/revoke`, { body: { ...body, ...descendants.body() } });
    },
    done: (answer) =>
      temporary.checked && isOwn
        ? session.expire()
        : changed(told(t("tokens.revoked_all", { count: answer.revoked }), answer)),
  });
}
