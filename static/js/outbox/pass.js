// One round of sending. Cars keep their own order: what is stuck holds back its own car only, and is tried again later.
import { forget, note } from "./base.js";
import { deliver } from "./deliver.js";
import { hello, remember } from "./hello.js";
import { all, count, lines } from "./items.js";
import { release, sweep } from "./release.js";
import { tell } from "./told.js";

const LEAST = 2000; // ms
const MOST = 300_000;
const EVERYBODY = ["away", "portal", "server", "person", "busy", "full"]; // not this item's fault: nothing else would go either

export const later = (tries) => Math.min(MOST, LEAST * 2 ** Math.min(tries, 20)) * (0.5 + Math.random());
export const stuck = new Map(); // line → {tries, until, why}

// How much waits, to all tabs and to the marker; answers with it.
export async function stand(what) {
  const { unsent } = await count();
  remember(unsent);
  tell({ unsent, ...what });
  return unsent;
}

function putOff(key, why) {
  const tries = stuck.get(key)?.tries ?? 0;
  stuck.set(key, { why, tries: tries + 1, until: Date.now() + later(tries) });
}

// One car's items in their order; answers with what stops everybody, if it does.
async function sendLine(line, server, receipts, step) {
  const key = line[0].line;
  if ((stuck.get(key)?.until ?? 0) > Date.now()) return null;
  for (const item of line) {
    const { receipt, why, says } = await deliver(item, server.epoch, receipts, step);
    if (!receipt && EVERYBODY.includes(why)) return why;
    if (!receipt) await note(`trouble ${item.item}`, { why, says, at: Date.now() });
    if (!receipt) return void putOff(key, why);
    await forget(`trouble ${item.item}`);
    stuck.delete(key);
    step();
    await stand({ is: "received", item: item.item, receipt });
  }
  return null;
}

// What is in the way of everybody, or null.
export async function pass() {
  let kept = await all();
  const server = await hello(kept);
  if (server.why) return server.why;
  if (await release(server, kept)) kept = await all();
  const waiting = lines(kept);
  const units = waiting.flat().flatMap(({ item, blobs }) => [item, ...blobs.filter((one) => !kept.receipts.has(one))]);
  let done = 0;
  const step = () => tell({ is: "sending", done: Math.min(done += 1, units.length), of: units.length });
  for (const line of waiting) {
    const why = await sendLine(line, server, kept.receipts, step);
    if (why) return why;
  }
  if (waiting.length && !(await count()).unsent) await hello(await all()); // nothing waits here any more: it is told
  await sweep(kept);
  return null;
}
