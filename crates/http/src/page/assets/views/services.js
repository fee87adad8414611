// Services: accounts with tokens and no password, for administrators.

import { ask } from "../dialogs.js";
import { announce, el } from "../dom.js";
import { date } from "../moments.js";
import { t } from "../texts.js";
import { button, heading, inputField, refuse, show, table } from "../widgets.js";
import { accountList, accountState, rowButtons } from "./accounts.js";

export function servicesView({ session, signal, go }) {
  const place = el("div", { id: "service-list" });
  const load = () =>
    show(place, async () => {
      const { providers } = await session.call("GET", "/providers", { signal });
      return accountList(
        providers,
        [t("services.none"), t("services.none_text")],
        (id) => session.call("GET", `/providers/${id}`, { signal }),
        (rows) => serviceTable(rows, session, load),
      );
    });
  load();
  const make =
    session.may("POST /providers") &&
    button(t("services.new"), { kind: "primary", id: "new-service", on: () => create(session, go) });
  return el("div", {}, heading(t("nav.services"), t("services.lead"), make), place);
}

function serviceTable(services, session, reload) {
  const actions = ({ providerId: id, name, blocked }) =>
    rowButtons({ api: "/providers", page: "/services", id, name, blocked }, session, reload);
  const columns = [
    { title: t("column.name"), cell: ({ name }) => name },
    { title: t("column.id"), cell: ({ providerId }) => el("code", {}, providerId) },
    { title: t("column.created"), cell: ({ creationTime }) => date(creationTime), kind: "moment" },
    { title: t("column.state"), cell: ({ blocked, manyTokens }) => accountState(blocked, manyTokens) },
    { title: t("column.actions"), cell: actions, kind: "row-actions", unseen: true },
  ];
  return table(t("nav.services"), columns, services, ({ providerId }) => providerId);
}

/** Creates a service, and goes on to its tokens: it has none yet. */
async function create(session, go) {
  const name = inputField(t("column.name"), {}, { help: t("services.name_help") });
  await ask({
    title: t("services.new"),
    text: t("services.new_text"),
    fields: name.root,
    action: t("services.create"),
    work: () => {
      const written = name.input.value.trim();
      return refuse([[name, written.length < 2 ? t("services.name_missing") : null]])
        ? undefined
        : session.call("POST", "/providers", { body: { name: written } });
    },
    done: ({ providerId }) => {
      announce(t("services.created", { name: name.input.value.trim() }));
      go(`/services/${providerId}/tokens`);
    },
  });
}
