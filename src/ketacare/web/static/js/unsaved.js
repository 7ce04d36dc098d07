// On an error page, and on a sign-in page that came instead of an answer: what was sent was not saved, so it stays kept
// for the way back. Where its key was spent on other contents, it goes back without it; where somebody else had saved
// first and both texts were shown, it goes back as written over what stands now (keep.js).
try {
  const [place = ""] = JSON.parse(sessionStorage.getItem("sent") ?? "[]");
  sessionStorage.removeItem("sent");
  if (document.querySelector("[data-spent]")) sessionStorage.setItem("spent", place);
  const both = document.querySelector("[data-both]");
  if (both instanceof HTMLElement) sessionStorage.setItem("both", JSON.stringify([place, both.dataset.field, both.dataset.now]));
} catch {
  // No storage, nothing kept.
}
