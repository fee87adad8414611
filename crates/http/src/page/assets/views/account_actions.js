// What can be done with any account, a user's or a service's: blocking and deleting it.

import { ask, confirm, tellFailure, tellWarning } from "../dialogs.js";
import { announce, el } from "../dom.js";
import { t } from "../texts.js";

/** Blocks an account, or takes that back. */
export async function block(path, name, blocked, session, reload) {
  const done = await ask({
    title: blocked ? t("accounts.unblock_title", { name }) : t("accounts.block_title", { name }),
    body: el("p", {}, blocked ? t("accounts.unblock_text") : t("accounts.block_text")),
    action: blocked ? t("accounts.unblock") : t("accounts.block"),
    danger: !blocked,
    work: () =>
      session.call("PATCH", `${path}/access_block`, { body: { blocked: !blocked } }).then((answer) => answer ?? {}),
  });
  if (done) {
    await reload();
    announce(blocked ? t("accounts.unblocked_said", { name }) : t("accounts.blocked_said", { name }));
    await tellWarning(done);
  }
}

/** Deletes an account, for who writes its name. */
export async function remove(path, name, session, reload) {
  const sure = await confirm({
    title: t("accounts.delete_title", { name }),
    text: t("accounts.delete_text"),
    action: t("common.delete"),
    typed: name,
  });
  if (!sure) {
    return;
  }
  try {
    const answer = await session.call("DELETE", path);
    await reload();
    announce(t("accounts.deleted", { name }));
    await tellWarning(answer);
  } catch (error) {
    await tellFailure(error);
  }
}
