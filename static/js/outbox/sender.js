// Sending is done by one page at a time of all that are open here. It never gives up: every trouble is tried again, later
// each time, and at once when there is a network again, when somebody looks, submits, or asks for it.
import { note } from "./base.js";
import { later, pass, stand, stuck } from "./pass.js";
import { hear } from "./told.js";

const SOON = 500; // ms
let [going, again, fails, timer] = [false, false, 0, 0];

function next(why) {
  if (why) return later(fails);
  const until = Math.min(...[...stuck.values()].map((one) => one.until));
  return Number.isFinite(until) ? Math.max(SOON, until - Date.now()) : SOON;
}

async function turn() {
  const why = await navigator.locks.request("clearbay-sender", pass).catch(() => "here");
  fails = why ? fails + 1 : 0;
  await note("trouble", why ? { why, at: Date.now() } : null).catch(() => undefined);
  const unsent = await stand({ is: "kept", why: why ?? [...stuck.values()][0]?.why }).catch(() => 1);
  clearTimeout(timer);
  if (unsent) timer = setTimeout(wake, next(why));
}

async function wake() {
  again = true;
  if (going) return;
  going = true;
  while (again) {
    again = false;
    await turn();
  }
  going = false;
}

// Something changed for the better, or somebody asks for it: what was put off is tried now.
export function now() {
  fails = 0;
  stuck.clear();
  return wake();
}

export function sender() {
  window.addEventListener("online", now);
  document.addEventListener("visibilitychange", () => document.hidden || now());
  hear(({ is }) => is === "wake" && now());
  return wake();
}
