// Services: accounts with tokens and no password, for administrators.

import { ask } from "../dialogs.js";
import { announce, el } from "../dom.js";
import { date } from "../moments.js";
import { t } from "../texts.js";
import { button, empty, field, heading, linkButton, show, table } from "../widgets.js";
import { block, remove } from "./account_actions.js";
import { accountList, accountState } from "./account_list.js";

export function servicesView({ session, signal, go }) {
  const place = el("div", { id: "service-list" });
  const load = () =>
    show(place, async () => {
      const { providers } = await session.call("GET", "/providers", { signal });
      return providers.length === 0
        ? empty(t("services.none"), t("services.none_text"))
        : accountList(
            providers,
            (id) => session.call("GET", `/providers/${id}`, { signal }),
            (rows) => serviceTable(rows, session, load),
          );
    });
  load();
  const make = session.may("POST /providers")
    ? [button(t("services.new"), { kind: "primary", id: "new-service", on: () => create(session, go) })]
    : [];
  return el("div", {}, heading(t("services.title"), t("services.lead"), ...make), place);
}

function serviceTable(services, session, reload) {
  const columns = [
    { title: t("column.name"), cell: ({ name }) => name },
    { title: t("column.id"), cell: ({ providerId }) => el("code", {}, providerId) },
    { title: t("column.created"), cell: ({ creationTime }) => date(creationTime), kind: "moment" },
    { title: t("column.state"), cell: ({ blocked }) => accountState(blocked) },
    {
      title: t("column.actions"),
      cell: (service) => actions(service, session, reload),
      kind: "row-actions",
      unseen: true,
    },
  ];
  return table(t("services.title"), columns, services, ({ providerId }) => providerId);
}

function actions({ providerId: id, name, blocked }, session, reload) {
  const path = `/providers/${id}`;
  const spoken = blocked ? t("accounts.unblock_name", { name }) : t("accounts.block_name", { name });
  return [
    session.may("GET /providers/{id}/tokens") && linkButton(t("nav.tokens"), `#/services/${id}/tokens`, { kind: "quiet" }),
    session.may("PATCH /providers/{id}/access_block") &&
      button(blocked ? t("accounts.unblock") : t("accounts.block"), {
        kind: "quiet",
        name: spoken,
        on: () => block(path, name, blocked, session, reload),
        data: { action: "block" },
      }),
    session.may("DELETE /providers/{id}") &&
      button(t("common.delete"), {
        kind: "danger-quiet",
        name: t("common.delete_name", { name }),
        on: () => remove(path, name, session, reload),
        data: { action: "delete" },
      }),
  ];
}

/** A new service has no tokens; the next thing to do is to make one. */
async function create(session, go) {
  const name = field(t("services.name"), el("input", { type: "text", autocomplete: "off" }), {
    help: t("services.name_help"),
  });
  const made = await ask({
    title: t("services.new"),
    body: [el("p", {}, t("services.new_text")), name.root],
    action: t("services.create"),
    work: () => {
      if (name.input.value.trim().length < 2) {
        name.refuse(t("services.name_missing"));
        name.input.focus();
        return undefined;
      }
      return session.call("POST", "/providers", { body: { name: name.input.value.trim() } });
    },
  });
  if (made) {
    announce(t("services.created", { name: name.input.value.trim() }));
    go(`/services/${made.providerId}/tokens`);
  }
}
