// Keeps one page of the patient's, the safety plan, for when there is no network. Asked for by that page, given up when
// they sign out, and shown for nothing but the patient's own pages.
const KEPT = "safety-plan";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const told = event.data ?? {};
  if (told.forget) event.waitUntil(caches.delete(KEPT).then(() => event.source?.postMessage({ forgotten: true })));
  if (told.keep) event.waitUntil(keep(told.keep, told.person, told.also).then((kept) => event.source?.postMessage({ kept })));
});

async function keep(address, person, also) {
  const page = await fetch(address, { credentials: "same-origin", redirect: "error" });
  if (!page.ok) return false;
  await caches.delete(KEPT);
  const store = await caches.open(KEPT);
  await store.put(new URL("person", self.registration.scope), new Response(person));
  await store.addAll(also);
  await store.put(address, page);
  return true;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => instead(request)));
  else if (new URL(request.url).pathname.startsWith("/static/")) event.respondWith(fetch(request).catch(() => kept(request)));
});

async function kept(request) {
  return (await (await caches.open(KEPT)).match(request, { ignoreSearch: true })) ?? Response.error();
}

/** Without the network every page of theirs shows the plan: it has the telephone numbers on it. */
async function instead(request) {
  const store = await caches.open(KEPT);
  const plan = await store.match(new URL("safety-plan/", self.registration.scope));
  return plan ?? Response.error();
}
