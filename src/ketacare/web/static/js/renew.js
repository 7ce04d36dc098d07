// A page of chairs that no stream keeps true asks for itself anew. When nothing has come for longer, it stops looking
// alive: its numbers are grey and its clocks gone (G18, T1).

import { refresh } from "./refresh.js";

const OLD_AFTER = 2.5; // of its own pace, as of a stream (T2)

/** @param {Document} root */
export function start(root) {
  const place = /** @type {HTMLElement} */ (root.querySelector("[data-renew]"));
  const everyMs = Number(place.dataset.renew) * 1000;
  let renewedAt = performance.now();
  document.addEventListener("page:exchanged", (event) => {
    if (/** @type {CustomEvent} */ (event).detail.id === place.id) renewedAt = performance.now();
    look();
  });
  const look = () => document.body.toggleAttribute("data-old", performance.now() - renewedAt > everyMs * OLD_AFTER);
  setInterval(() => refresh("all"), everyMs);
  setInterval(look, 1000);
}
