// On an error page: what was sent was not saved, so it stays kept for the way back.
try {
  sessionStorage.removeItem("sent");
} catch {
  // No storage, nothing kept.
}
