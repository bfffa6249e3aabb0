// One item on its way: its photos first, each until the server names it, then the item until the server names item and
// hash. What was received once is not sent again, so that a cut connection goes on at the photo that was cut.
import { readBlob } from "./blobs.js";
import { boot } from "./freeze.js";
import { again, put } from "./items.js";
import { ask, strange } from "./wire.js";

const STATES = ["applied", "review", "rejected", "quarantine"];

const here = (why) => (why === "server" ? "broken" : why); // it answers others

async function sendPhoto(sha256, epoch) {
  const kept = await readBlob(sha256);
  if (!kept) return { why: "gone", sha256 };
  const headers = { "Content-Type": kept.type || "application/octet-stream" };
  const { status, told, why, says } = await ask(`/sync/blob/${sha256}`, { method: "PUT", body: kept.bytes, headers });
  if (why) return { why: here(why), says };
  if (told.blob === sha256 && told.stored) return void (await put({ of: sha256, epoch, at: Date.now() }));
  if (status === 413 || status === 422) return { why: "photo", says: told.says, sha256 };
  return { why: strange(status, told), says: told.says };
}

async function sendPhotos(item, epoch, receipts, step) {
  for (const sha256 of item.blobs) {
    if (receipts.get(sha256)?.epoch === epoch) continue;
    const trouble = await sendPhoto(sha256, epoch);
    if (trouble) return trouble;
    receipts.set(sha256, { of: sha256, epoch });
    step();
  }
  return null;
}

// How long ago it was captured: by the clock that nobody can set, as long as the page lives.
export const age = (item) => Math.max(0, Math.round(item.boot === boot ? performance.now() - item.mono : Date.now() - item.at));

async function sendItem(item, epoch) {
  const headers = { "Content-Type": "application/json", "Item-Age": String(age(item)) };
  const { status, told, why, says } = await ask("/sync/item", { method: "POST", body: item.body, headers });
  if (why) return { why: here(why), says };
  const named = told.item === item.item && told.hash === item.hash;
  if (named && (status === 200 || status === 201) && STATES.includes(told.state)) {
    const { seq, state, location, time } = told;
    const receipt = { of: item.item, hash: item.hash, epoch, seq, state, says: told.says ?? "", location, time, at: Date.now() };
    await put(receipt);
    return { receipt };
  }
  if (named && status === 424) return { why: "missing", missing: told.missing ?? [] };
  if (named && told.clash) return { why: "clash", says: told.says };
  if ([400, 413].includes(status)) return { why: "refused", says: told.says };
  return { why: strange(status, told), says: told.says };
}

// {receipt}, or {why, says} of what is in the way.
export async function deliver(item, epoch, receipts, step) {
  for (let turn = 0; ; turn += 1) {
    const trouble = await sendPhotos(item, epoch, receipts, step);
    if (trouble) return trouble;
    const answer = await sendItem(item, epoch);
    if (answer.why !== "missing" || turn) return answer;
    await again(answer.missing);
    answer.missing.forEach((sha256) => receipts.delete(sha256));
  }
}
