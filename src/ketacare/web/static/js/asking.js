// A part that asks again by itself, on a page without a stream: <div id="…" hx-get data-asks-again="15">. What nobody
// has confirmed for so many seconds is not shown as if it were of now, and who may not look any more sees the page of that.

const LOOKED_EVERY_MS = 1000;
const SHUT_OUT = [401, 403, 404];

/** @param {Document} root */
export function start(root) {
  /** @type {Map<string, number>} */
  const confirmed = new Map();
  const parts = () => /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-asks-again]"));
  for (const part of parts()) confirmed.set(part.id, performance.now());
  root.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful, xhr } = /** @type {CustomEvent} */ (event).detail;
    if (!(elt instanceof HTMLElement) || !("asksAgain" in elt.dataset)) return;
    if (successful) confirmed.set(elt.id, performance.now());
    else if (SHUT_OUT.includes(xhr?.status)) location.reload();
  });
  setInterval(() => {
    for (const part of parts()) {
      const silent_ms = performance.now() - (confirmed.get(part.id) ?? 0);
      if (silent_ms >= Number(part.dataset.asksAgain) * 1000) part.dataset.stale = "";
      else delete part.dataset.stale;
    }
  }, LOOKED_EVERY_MS);
}
