// Keeps one page of the patient's, the safety plan, for when there is no network. Asked for by that page, given up when
// they sign out, and shown for nothing but the patient's own pages. Where none is kept, it knows whom to call.
const KEPT = "safety-plan";
/** Whom to call in the countries of the clinics here: written in by the server, and nothing of anybody.
 * @type {[string, string][]} */
const LINES = [];
/** Whoever called for help reads in seconds that nobody can say whether it arrived. */
const HELP_WITHIN_MS = 8000;
const POLICY = "default-src 'none'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** Of the sending, and nothing that anybody typed. */
const HIDDEN = new Set(["once", "csrfmiddlewaretoken", "made"]);

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
  if (request.mode === "navigate") event.respondWith(answered(request));
  else if (request.method !== "GET") return;
  else if (new URL(request.url).pathname.startsWith("/static/")) event.respondWith(fetch(request).catch(() => kept(request)));
});

async function kept(request) {
  return (await (await caches.open(KEPT)).match(request, { ignoreSearch: true })) ?? Response.error();
}

async function answered(request) {
  const isHelp = request.method === "POST" && new URL(request.url).pathname.endsWith("/help/");
  const sent = request.method === "POST" && !isHelp ? request.clone() : undefined;
  try {
    return await (isHelp ? Promise.race([fetch(request), tooLate()]) : fetch(request));
  } catch {
    return sent ? again(sent) : instead(isHelp);
  }
}

/** On a line that answers nothing a request has no end of its own. */
function tooLate() {
  return new Promise((_, fail) => setTimeout(() => fail(new Error("no answer")), HELP_WITHIN_MS));
}

/** Without the network every page of theirs shows the plan: it has the telephone numbers on it. Without a plan, whom to
 * call. */
async function instead(isHelp) {
  const plan = await caches.open(KEPT).then((store) => store.match(new URL("safety-plan/", self.registration.scope))).catch(() => undefined);
  if (plan === undefined) return page(isHelp ? UNSENT : UNREACHED, await numbers(), "");
  if (!isHelp) return plan;
  // Help was pressed, and nobody knows whether it was heard: the page says so above its numbers.
  const told = (await plan.text()).replace("data-unsent hidden", "data-unsent");
  return new Response(told, { headers: plan.headers });
}

async function keptPlan() {
  const plan = await (await caches.open(KEPT)).match(new URL("safety-plan/", self.registration.scope));
  return plan ? plan.text() : "";
}

/** Each number once. Those of the kept plan are of the patient's own country: the lines of all countries here stand only
 * where it gives none. Where none is known: 112, which a mobile telephone takes as an emergency call anywhere. */
async function numbers() {
  const links = (await keptPlan().catch(() => "")).match(/<a [^>]*href="tel:[^"]+"[^>]*>[^]*?<\/a>/g) ?? [];
  const found = new Map();
  for (const one of links) {
    const to = /href="(tel:[^"]+)"/.exec(one)[1];
    if (!found.has(to)) found.set(to, one.replace(/<[^>]*>/g, ""));
  }
  // The clinic's own number alone is no number of help at night.
  const helps = links.some((one) => !one.includes("data-number"));
  for (const [to, words] of helps ? [] : LINES) {
    found.set(to, [...(found.has(to) ? [found.get(to)] : []), safe(words)].join("; "));
  }
  if (!helps && LINES.length === 0) found.set("tel:112", "112");
  return [...found].map(([to, words]) => `<p><a href="${to}">${words}</a></p>`).join("");
}

/** Anything else that was sent stands here with what was typed, to be sent again: with its one-time key it is kept once.
 * Nobody has read it: whom to call stands above. */
async function again(request) {
  const text = await request.text();
  const fields = [...new URLSearchParams(text)].map(([name, value]) =>
    HIDDEN.has(name) ? `<input type="hidden" name="${safe(name)}" value="${safe(value)}">` : `<p><textarea name="${safe(name)}" readonly rows="2">${safe(value)}</textarea></p>`,
  );
  const form = `<p>What you wrote is kept on this page. You can send it again: it is entered only once.</p>
<p lang="es">Lo que escribió sigue en esta página. Puede enviarlo otra vez: se guarda una sola vez.</p>
<form method="post" action="${safe(new URL(request.url).pathname)}">${fields.join("")}<p><button>Send again / Enviar otra vez</button></p></form>`;
  return page(UNSENT, await numbers(), form);
}

const UNSENT = ["No answer. We do not know whether it arrived.", "No hay respuesta. No sabemos si llegó."];
const UNREACHED = ["There is no connection.", "No hay conexión."];

function page([title, titulo], calls, more) {
  const text = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Ketacare</title>
<main><h1>${title} <span lang="es">${titulo}</span></h1><p><b>If you need help now, do not wait for the connection. Call:</b></p>
<p lang="es"><b>Si necesita ayuda ahora, no espere a la conexión. Llame:</b></p>
${calls}
${more}</main>`;
  const headers = { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Content-Security-Policy": POLICY };
  return new Response(text, { headers });
}

function safe(text) {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
