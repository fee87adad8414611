// Light or dark, before anything is drawn. This page stores nothing but this choice.
(() => {
  "use strict";
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage may be forbidden; the system's own choice holds then.
  }
  if (theme === "light" || theme === "dark") {
    document.documentElement.dataset.theme = theme;
  }
})();
