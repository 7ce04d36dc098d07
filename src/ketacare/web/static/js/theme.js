// Runs before first paint, as a plain script: a dim room must never flash white.
(function () {
  "use strict";
  var kept = null;
  try {
    kept = localStorage.getItem("theme");
  } catch (refused) {
    kept = null;
  }
  if (kept === "day" || kept === "room") document.documentElement.dataset.theme = kept;
})();
