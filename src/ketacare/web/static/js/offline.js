// Whom to call stands on a patient's own pages without the network as well, from the first page of ours that was opened.
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/me/worker.js", { scope: "/me/" }).catch(() => undefined);
