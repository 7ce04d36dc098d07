// Every staff page loads this; each module is fetched only where the page asks for it.

import { startAwake } from "./awake.js";
import { startForms } from "./form.js";
import { startKeep } from "./keep.js";
import { startKeys } from "./keys.js";
import { startPage } from "./page.js";
import { startSteps } from "./steps.js";
import { startWaiting } from "./waiting.js";

// One that fails takes none of the others with it: numbers and alarms come last, and must come.
for (const start of [startPage, startSteps, startForms, startAwake, startKeep, startWaiting, startKeys]) {
  try {
    start();
  } catch (fault) {
    reportError(fault);
  }
}

/** @type {[selector: string, load: () => Promise<{ start: (root: Document) => void }>][]} */
const PARTS = [
  ["[data-live]", () => import("./live.js")],
  ["[data-renew]", () => import("./renew.js")],
  ["[data-replay]", () => import("./replay.js")],
  ["[data-trend]", () => import("./trend.js")],
  ["[data-curve]", () => import("./curve.js")],
  ["[data-outcome]", () => import("./outcome.js")],
  ["[data-flowsheet]", () => import("./flowsheet.js")],
  ["[data-sound-test], [data-self-test]", () => import("./sound.js")],
  ["[data-card-open]", () => import("./card.js")],
  ["[data-self-test]", () => import("./selftest.js")],
  ["[data-asks-again]", () => import("./asking.js")],
  ["[data-planner]", () => import("./planner.js")],
];

for (const [selector, load] of PARTS) {
  if (document.querySelector(selector)) load().then((part) => part.start(document));
}
