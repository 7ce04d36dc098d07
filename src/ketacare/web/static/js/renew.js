// A page of chairs that no stream keeps true asks for itself anew. When nothing has come for longer, it stops looking
// alive: its numbers are grey and its clocks gone (G18, T1).

import { refresh } from "./refresh.js";

const OLD_AFTER = 2.5; // of its own pace, as of a stream (T2)

/** By both clocks: one stands still while the machine sleeps, the other may be set. @returns {number[]} */
const times = () => [performance.now(), Date.now()];

/** @param {Document} root */
export function start(root) {
  const place = /** @type {HTMLElement} */ (root.querySelector("[data-renew]"));
  const everyMs = Number(place.dataset.renew) * 1000;
  let renewedAt = times();
  document.addEventListener("page:exchanged", (event) => {
    if (/** @type {CustomEvent} */ (event).detail.id === place.id) renewedAt = times();
    look();
  });
  const look = () => document.body.toggleAttribute("data-old", times().some((now, clock) => now - renewedAt[clock] > everyMs * OLD_AFTER));
  document.addEventListener("visibilitychange", () => {
    look();
    if (!document.hidden) refresh("all");
  });
  setInterval(() => refresh("all"), everyMs);
  setInterval(look, 1000);
}
