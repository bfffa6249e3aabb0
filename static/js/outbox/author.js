// In whose name this tablet captures: the ticket of whoever was signed in last, until they lock or sign out. Only the
// ticket goes then, never what they have captured.
import { forget, known, note } from "./base.js";

const FRESH = 3_600_000; // ms
const SOON = 60_000;
const PATIENCE = 4000; // nobody waits for a network that swallows everything

const good = (mine) => (mine && Date.now() < mine.good ? mine : null);

const kept = () => known("ticket").catch(() => null);

// {ticket, person, name}, or null when nobody may capture in their name now.
export const author = async () => good(await kept());

export const dropTicket = () => forget("ticket").catch(() => undefined);

// The ticket of whoever is signed in, asked for once an hour, at once when it is another's. A page that is nobody's does
// not say who that is, and without a network or a sign-in whoever was here last goes on. On a page of their own one's
// ticket stands although it seems to have run out: the tablet's clock may have jumped, and the server looks at it anyway.
export async function takeTicket(person) {
  const last = await kept();
  const mine = person ? last : good(last);
  const known = mine && (!person || mine.person === person);
  if (known && good(mine) && Date.now() - mine.at < (person ? FRESH : SOON)) return mine;
  if (mine && !known) await dropTicket(); // somebody else is here now
  const how = { headers: { Accept: "application/json" }, redirect: "manual", signal: AbortSignal.timeout?.(PATIENCE) };
  const answer = await fetch("/sync/ticket", how).catch(() => null);
  const told = answer?.ok ? await answer.json().catch(() => null) : null;
  if (!told?.ticket || told.person !== (person ?? told.person)) return known ? mine : null;
  const served = Date.parse(answer.headers.get("Date")) || Date.now(); // the tablet's clock may be wrong; the span is right
  const at = Date.now();
  const value = { ticket: told.ticket, person: told.person, name: told.name, at, good: at + told.until - served };
  await note("ticket", value);
  return value;
}
