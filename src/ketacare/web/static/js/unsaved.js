// On an error page, and on a sign-in page that came instead of an answer: what was sent was not saved, so it stays kept
// for the way back. Where its key was spent on other contents, it goes back without it (keep.js).
try {
  if (document.querySelector("[data-spent]")) sessionStorage.setItem("spent", JSON.parse(sessionStorage.getItem("sent") ?? "[]")[0] ?? "");
  sessionStorage.removeItem("sent");
} catch {
  // No storage, nothing kept.
}
