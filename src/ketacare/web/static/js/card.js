// The emergency card is in the page before anybody needs it: one key opens it, with the network gone too (H41). Nothing
// of it is stored: with the page it is gone.

/** @param {Document} root */
export function start(root) {
  const dialog = root.querySelector("[data-card]");
  if (!(dialog instanceof HTMLDialogElement)) return;
  root.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-card-open]")) return;
    event.preventDefault();
    if (!dialog.open) dialog.showModal();
  });
}
