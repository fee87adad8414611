// The console starts here: it shows the view of the current address, and follows the session.

import { NEEDED } from "./declared.js";
import { announce, el, fill } from "./dom.js";
import { withPassword } from "./dialogs.js";
import { linkRequests } from "./failures.js";
import { now } from "./moments.js";
import { routeOf } from "./routes.js";
import { makeSession } from "./session.js";
import { makeShell } from "./shell.js";
import { language, t } from "./texts.js";
import { signInView } from "./views/sign_in.js";
import { heading, notice } from "./widgets.js";

/** How long before the end it is announced, in seconds. */
const WARNINGS_S = [300, 60];

/** What is announced about each change of the session. */
const SPOKEN = { signed_in: "session.signed_in", signed_out: "session.signed_out", expired: "session.expired" };

const session = makeSession(sessionChanged, NEEDED);
const shell = makeShell(session, { signOut: () => session.signOut(), renew: stay });
let leaving = new AbortController();
let reason = null;

document.documentElement.lang = language();
fill(document.getElementById("app"), shell.root);
linkRequests(() => session.may("GET /audit"));
window.addEventListener("hashchange", () => {
  closeDialogs();
  render(true);
});
document.addEventListener("click", followAgain);
setInterval(everySecond, 1000);
render(false);

/** Shows the view of the address. Focus goes to its title, unless the page has just been opened. */
function render(takesFocus) {
  leaving.abort();
  leaving = new AbortController();
  const at = routeOf(location.hash);
  const { route } = at;
  const context = { session, at, signal: leaving.signal, go, show: replace, retitle };
  shell.update(at);
  if (route.open || session.user() !== null) {
    const allowed = route.may === undefined || session.may(route.may);
    replace(allowed ? route.view(context) : forbidden(), allowed ? route.name : "forbidden", takesFocus);
  } else {
    const why = reason;
    reason = null;
    replace(signInView(context, why), "sign-in", takesFocus);
  }
}

/** Puts a view into the page, with its name in the attribute `data-view`. */
function replace(view, name, takesFocus = true) {
  shell.main.dataset.view = name;
  fill(shell.main, view);
  const title = shell.main.querySelector("h1");
  document.title = `${title.textContent} · zonemint`;
  window.scrollTo(0, 0);
  if (takesFocus) {
    (shell.main.querySelector("[autofocus]") ?? title).focus({ preventScroll: true });
  }
}

/** Another title for the view that is shown. */
function retitle(text) {
  shell.main.querySelector("h1").textContent = text;
  document.title = `${text} · zonemint`;
}

/** Shows the view again for a link to the current address, which changes nothing: from a new token back to the list, for example. */
function followAgain(event) {
  const link = event.target.closest('a[href^="#/"]');
  if (link !== null && link.getAttribute("href") === location.hash) {
    render(true);
  }
}

function go(path) {
  if (location.hash === `#${path}`) {
    render(true);
  } else {
    location.hash = path;
  }
}

function forbidden() {
  return el("div", {}, heading(t("forbidden.title")), notice("warning", el("p", {}, t("forbidden.text"))));
}

function sessionChanged(why) {
  if (why !== "signed_in") {
    reason = why;
    // What is open belongs to the user who was signed in.
    closeDialogs();
  }
  const at = routeOf(location.hash);
  if (at.route.open) {
    // It needs no session, and keeps what is typed there.
    shell.update(at);
    if (document.activeElement === document.body) {
      // The pressed button no longer exists.
      shell.main.querySelector("h1").focus({ preventScroll: true });
    }
  } else {
    render(true);
  }
  announce(t(SPOKEN[why]));
}

function closeDialogs() {
  document.querySelectorAll("dialog").forEach((dialog) => dialog.close());
}

function everySecond() {
  if (session.isOver()) {
    session.expire();
    return;
  }
  shell.tick();
  const left = session.until() - now();
  if (session.user() !== null && WARNINGS_S.includes(left)) {
    announce(t("session.soon", { count: left / 60 }));
  }
}

/** Renews the session after the password was given again. */
async function stay() {
  await withPassword({
    title: t("session.stay"),
    text: t("session.stay_text"),
    action: t("session.stay"),
    work: (password) => session.renew(password).then(() => true),
    done: () => {
      shell.tick();
      announce(t("session.renewed"));
    },
  });
}
