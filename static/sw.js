// Keeps the pages on which one works without a network, with all they need, and answers with them when the network does
// not. It never touches what is sent: that is the page's own business. A new version waits until a page says that nothing
// is open here (static/js/shelf.js).
const PAGES = "clearbay-pages-1";
const FILES = "clearbay-files-1";
const PATIENCE = 4000; // ms a page that lies here waits for the network
const DAY = 86_400_000;
const ASKED = /\/static\/[^"'\s#)]+/g;
const FRESH = 300_000; // ms until the captured twin of a page that is opened is fetched anew
const SOON = 20_000; // the same for the pick list, which changes all the time
const CAPTURED = /^\/visits\/([0-9a-f-]{36})\/(walkaround|findings|quality)\/?$/;
const COUNTER = "/parts";
const SHEETS = { walkaround: "walkaround", findings: "finding", quality: "quality" };
const kept = (address) => caches.match(address, { ignoreSearch: true, ignoreVary: true });

async function keepFile(shelf, address) {
  if (await shelf.match(address, { ignoreVary: true })) return;
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(address);
  await shelf.put(address, answer);
}

// First everything that the page needs, then the page: what lies here is whole.
async function keepPage(address) {
  const answer = await fetch(address, { cache: "reload", redirect: "error" });
  if (!answer.ok) throw new Error(address);
  const shelf = await caches.open(FILES);
  const files = (await answer.clone().text()).match(ASKED) ?? [];
  await Promise.all([...new Set(files)].map((file) => keepFile(shelf, file)));
  await (await caches.open(PAGES)).put(address, answer);
}

// What is no longer wanted goes: pages after a day, and files that none of the pages left asks for.
async function tidy(pages, files) {
  const shelf = await caches.open(PAGES);
  const wanted = new Set(files);
  for (const request of await shelf.keys()) {
    const answer = await shelf.match(request);
    const stays = ["/offline", ...pages].includes(new URL(request.url).pathname);
    if (!stays && Date.now() - Date.parse(answer.headers.get("Date")) > DAY) await shelf.delete(request);
    else for (const file of (await answer.text()).match(ASKED) ?? []) wanted.add(file);
  }
  const lying = await caches.open(FILES);
  for (const request of await lying.keys()) if (!wanted.has(new URL(request.url).pathname)) await lying.delete(request);
}

// A newer worker waits until this one has nothing to do, and every page with it: whoever calls it says stop.
let stopped = false;

async function fill(list) {
  const { pages, files } = await (await fetch(list, { cache: "no-store", redirect: "error" })).json();
  const shelf = await caches.open(FILES);
  for (const file of files) {
    if (stopped) return;
    await keepFile(shelf, file);
  }
  for (const page of pages) {
    if (stopped) return;
    await keepPage(page).catch(() => undefined); // one car that has just left spoils nothing
  }
  await tidy(pages, files);
}

// The sheet on which one does without a network what this page is for.
function sheetOf(path) {
  if (path === COUNTER) return "/capture/parts";
  const [, visit, page] = path.match(CAPTURED) ?? [];
  return visit && `/capture/${SHEETS[page]}/${visit}`;
}

// Where one goes on instead of a page that cannot be had.
async function instead(path) {
  const sheet = sheetOf(path);
  if (sheet && (await kept(sheet))) return Response.redirect(sheet);
  if ((sheet || path.startsWith("/capture/")) && (await kept("/capture"))) return Response.redirect("/capture#not-kept");
  return (await kept("/offline")) ?? Response.error();
}

// A car that this tablet has seen can be worked on when the network goes, also if it has only now come to the bay.
async function keepTwin(path) {
  const sheet = sheetOf(path);
  const [here, shelf] = sheet ? await Promise.all([kept(sheet), kept("/capture")]) : [];
  const fresh = path === COUNTER ? SOON : FRESH;
  if (!shelf || (here && Date.now() - Date.parse(here.headers.get("Date")) < fresh)) return;
  await keepPage(sheet).catch(() => undefined); // signed or gone meanwhile: there is none
}

async function page(request, path) {
  const here = await kept(path);
  const late = here || sheetOf(path) ? new Promise((done) => setTimeout(done, PATIENCE, null)) : new Promise(() => {});
  const answer = await Promise.race([fetch(request).catch(() => null), late]);
  if (answer && !(here && answer.status >= 500)) return answer;
  return here ?? answer ?? instead(path);
}

self.addEventListener("install", (event) => event.waitUntil(keepPage("/offline")));
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (![PAGES, FILES].includes(name)) await caches.delete(name);
})()));
self.addEventListener("message", (event) => {
  if (event.data === "stop") stopped = true;
  else if (event.data === "go") event.waitUntil(self.skipWaiting());
  else if (event.data?.fill) event.waitUntil(fill(event.data.fill).catch(() => undefined));
});
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/static/")) event.respondWith(kept(event.request).then((file) => file ?? fetch(event.request)));
  else if (event.request.mode === "navigate") {
    const answer = page(event.request, pathname);
    event.respondWith(answer);
    event.waitUntil(answer.then(({ ok }) => ok && keepTwin(pathname)));
  }
});
