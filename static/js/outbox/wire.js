// Asking the server, and believing only what is surely its answer: a network that wants a sign-in also says 200.
const SLOWEST = 1.5; // bytes a millisecond that are waited for before a transfer is given up
const PATIENCE = 120_000; // ms on top of that: half a minute of latency each way, twice

const readable = (told) => told !== null && typeof told === "object";

// {status, told} or {why}: "away" no network, "portal" somebody else answered, "server" it is not well, "person" nobody known.
export async function ask(path, { method, body, headers } = {}) {
  const signal = AbortSignal.timeout(PATIENCE + (body?.byteLength ?? 0) / SLOWEST);
  const given = { method, body, signal, redirect: "manual", cache: "no-store", headers: { Accept: "application/json", ...headers } };
  const answer = await fetch(path, given).catch(() => null);
  if (!answer) return { why: "away" };
  if (answer.type === "opaqueredirect") return { why: "portal" };
  const words = await answer.text().catch(() => null);
  if (words === null) return { why: "away" };
  const told = read(words);
  const { status } = answer;
  if (!readable(told)) return { status, why: status >= 500 && status !== 511 ? "server" : "portal" };
  if (status === 401) return { status, why: ours(told) ? "person" : "portal" };
  if ([429, 503, 507].includes(status)) return { status, why: status === 507 ? "full" : "busy", says: told.says };
  return { status, told };
}

const ours = (told) => told.clearbay === 1 || told.code !== undefined;

// Readable, but no receipt: a fault of ours, which says so, or somebody else's page.
export const strange = (status, told) => (status >= 500 || ours(told) ? "broken" : "portal");

function read(words) {
  try {
    return JSON.parse(words);
  } catch {
    return null;
  }
}

export const json = (value) => ({ body: new TextEncoder().encode(JSON.stringify(value)), headers: { "Content-Type": "application/json" } });
