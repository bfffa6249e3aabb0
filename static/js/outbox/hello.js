// Saying hello: what this tablet holds and since when; who really answers; which life of the server it is and what of
// ours lies in a safe backup. What the marker remembers and the database has not was cleared away: that is told as well.
import { known, note } from "./base.js";
import { count } from "./items.js";
import { ask, json, strange } from "./wire.js";

const MARKER = "clearbay-holds";

export const remember = (unsent) => (unsent ? localStorage.setItem(MARKER, unsent) : localStorage.removeItem(MARKER));

// How many items were waiting here before somebody cleared the data of this site.
export async function cleared() {
  const marked = Number(localStorage.getItem(MARKER) ?? 0);
  const { kept, received } = marked ? await count() : { kept: 1 };
  return kept || received ? 0 : marked;
}

function load({ items, receipts }) {
  const unsent = items.filter(({ item }) => !receipts.has(item));
  const blobs = new Set(unsent.flatMap(({ blobs }) => blobs).filter((one) => !receipts.has(one)));
  const bytes = unsent.reduce((sum, { weight, body }) => sum + (weight ?? 0) + body.byteLength, 0);
  const oldest = unsent.length ? Math.max(0, Date.now() - Math.min(...unsent.map(({ at }) => at))) : null;
  return { items: unsent.length, blobs: blobs.size, bytes, oldest };
}

// {epoch, durable, revoked, …} of the server, or {why}.
export async function hello(kept) {
  const lost = await cleared();
  const told = { ...load(kept), epoch: (await known("server"))?.epoch ?? null, ...(lost ? { lost } : {}) };
  const answer = await ask("/sync/hello", { method: "POST", ...json(told) });
  if (answer.why) return answer;
  if (answer.told.clearbay !== 1) return { why: strange(answer.status, answer.told) === "portal" ? "portal" : "server" };
  if (lost) await note("lost", { items: lost, at: Date.now() });
  if (lost) remember(0);
  await note("server", { ...answer.told, at: Date.now(), reported: told.items });
  return answer.told;
}
