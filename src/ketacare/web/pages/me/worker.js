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
  // Everything is here before anything is given up: a line that breaks leaves what was kept before.
  const [page, ...parts] = await Promise.all([
    fetch(address, { credentials: "same-origin", redirect: "error" }),
    ...also.map((one) => fetch(one)),
  ]);
  if (![page, ...parts].every((one) => one.ok)) return false;
  await caches.delete(KEPT);
  const store = await caches.open(KEPT);
  await store.put(new URL("person", self.registration.scope), new Response(person));
  await Promise.all([store.put(address, page), ...also.map((one, place) => store.put(one, parts[place]))]);
  return true;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => instead(request)));
  else if (request.method !== "GET") return;
  else if (new URL(request.url).pathname.startsWith("/static/")) event.respondWith(fetch(request).catch(() => kept(request)));
});

async function kept(request) {
  return (await (await caches.open(KEPT)).match(request, { ignoreSearch: true })) ?? Response.error();
}

/** Without the network every page of theirs shows the plan: it has the telephone numbers on it. */
async function instead(request) {
  const store = await caches.open(KEPT);
  const plan = await store.match(new URL("safety-plan/", self.registration.scope));
  if (plan === undefined || request.method === "GET") return plan ?? Response.error();
  // Help was pressed, and nobody heard it: the page says so above its numbers.
  const told = (await plan.text()).replace("data-unsent hidden", "data-unsent");
  return new Response(told, { headers: plan.headers });
}
