// The worker behind the pages: it keeps those on which one works without a network, and a new version of it takes over
// only when nothing is open on this tablet, neither something typed today nor something unsent.
import { within } from "./outbox/base.js";
import { count } from "./outbox/items.js";

const DAY = 86_400_000;
const FRESH = 300_000; // ms until the kept pages are fetched anew
const AFTERWARDS = 1500; // ms after the page itself, which comes first

async function nothingOpen() {
  const drafts = await within(["drafts"], "readonly", (stores) => stores.drafts.getAll());
  return !drafts.some(({ at }) => Date.now() - at < DAY) && (await count()).unsent === 0;
}

// Whether a newer one is let in. Asked while the older still answers for this very page, a browser puts it off for half a
// minute: so the older stops at once, and the newer comes when the page stands. The very first one is let in by itself.
async function takeOver(place) {
  const { active, waiting } = place;
  const may = () => nothingOpen().catch(() => false);
  if (!active || !waiting || !(await may())) return false;
  active.postMessage("stop");
  setTimeout(async () => (await may()) && waiting.postMessage("go"), AFTERWARDS);
  return true;
}

async function fill(list) {
  const { person = "", capture } = document.body.dataset;
  const [filled, before = ""] = (localStorage.getItem("clearbay-shelf") ?? "0").split(" ");
  const whose = capture === undefined ? person : before; // each post has its pages; nobody's pages do not tell
  if (!navigator.onLine || (Math.abs(Date.now() - filled) < FRESH && whose === before)) return;
  const { active } = await navigator.serviceWorker.ready;
  localStorage.setItem("clearbay-shelf", `${Date.now()} ${whose}`);
  active.postMessage({ fill: list });
}

export async function shelf() {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  const place = await navigator.serviceWorker.register("/sw.js");
  if (!place) return; // an automated browser may block workers
  const newer = await takeOver(place);
  place.addEventListener("updatefound", () => {
    place.installing?.addEventListener("statechange", () => takeOver(place));
  });
  const list = document.body.dataset.shelf;
  if (list && !newer) setTimeout(fill, AFTERWARDS, list);
}
