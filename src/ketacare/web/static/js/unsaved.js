// On an error page, and on a sign-in page that came instead of an answer: what was sent was not saved, so it stays kept
// for the way back.
try {
  sessionStorage.removeItem("sent");
} catch {
  // No storage, nothing kept.
}
