// The emergency card is in the page before anybody needs it: one key opens it, with the network gone too (H41). Nothing
// of it is stored: with the page it is gone. The station holds one for each chair; data-card-open names whose.

/** @param {Document} root */
export function start(root) {
  root.addEventListener("click", (event) => {
    const opener = event.target instanceof Element ? event.target.closest("[data-card-open]") : null;
    if (!(opener instanceof HTMLElement)) return;
    const dialog = root.querySelector(`[data-card="${CSS.escape(opener.dataset.cardOpen ?? "")}"]`);
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    if (!dialog.open) dialog.showModal();
  });
}
