// One round of sending. Cars keep their own order: what is stuck holds back its own car only, and is tried again later.
import { forget, note } from "./base.js";
import { deliver } from "./deliver.js";
import { hello, remember } from "./hello.js";
import { all, count, lines } from "./items.js";
import { release, sweep } from "./release.js";
import { tell } from "./told.js";

const LEAST = 2000; // ms
const MOST = 300_000;

export const later = (tries) => Math.min(MOST, LEAST * 2 ** Math.min(tries, 20)) * (0.5 + Math.random());
export const stuck = new Map(); // line → {tries, until, why}

// How much waits, to all tabs and to the marker; answers with it.
export async function stand(what) {
  const { unsent } = await count();
  remember(unsent);
  tell({ unsent, ...what });
  return unsent;
}

async function putOff({ item, line }, { why, says, sha256 }) {
  const tries = stuck.get(line)?.tries ?? 0;
  stuck.set(line, { why, tries: tries + 1, until: Date.now() + later(tries) });
  await note(`trouble ${item}`, { why, says, sha256, at: Date.now() });
  tell({ is: "stuck", item, why });
}

// One car's items in their order, until one is stuck; answers with what is in the way of everybody, if it is not that item:
// the network may have gone under our hands, or end at the sight of this very item and of no other.
async function sendLine(line, server, receipts, step) {
  if ((stuck.get(line[0].line)?.until ?? 0) > Date.now()) return null;
  for (const item of line) {
    const { receipt, ...trouble } = await deliver(item, server.epoch, receipts, step);
    if (!receipt) {
      const { why } = await hello(await all());
      return why ?? void (await putOff(item, trouble));
    }
    await forget(`trouble ${item.item}`);
    stuck.delete(item.line);
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
