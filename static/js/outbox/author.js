// In whose name this tablet captures: the ticket of whoever was signed in last, until they lock or sign out. Only the
// ticket goes then, never what they have captured.
import { forget, known, note } from "./base.js";

const FRESH = 3_600_000; // ms
const SOON = 60_000;

// {ticket, person, name}, or null when nobody may capture in their name now.
export async function author() {
  const mine = await known("ticket").catch(() => null);
  return mine && Date.now() < mine.good ? mine : null;
}

export const dropTicket = () => forget("ticket").catch(() => undefined);

// The ticket of whoever is signed in, asked for once an hour, at once when it is another's. A page that is nobody's does
// not say who that is, and without a network or a sign-in whoever was here last goes on.
export async function takeTicket(person) {
  const mine = await author();
  const known = mine && (!person || mine.person === person);
  if (known && Date.now() - mine.at < (person ? FRESH : SOON)) return mine;
  if (mine && !known) await dropTicket(); // somebody else is here now
  const answer = await fetch("/sync/ticket", { headers: { Accept: "application/json" }, redirect: "manual" }).catch(() => null);
  const told = answer?.ok ? await answer.json().catch(() => null) : null;
  if (!told?.ticket || told.person !== (person ?? told.person)) return known ? mine : null;
  const served = Date.parse(answer.headers.get("Date")) || Date.now(); // the tablet's clock may be wrong; the span is right
  const at = Date.now();
  const value = { ticket: told.ticket, person: told.person, name: told.name, at, good: at + told.until - served };
  await note("ticket", value);
  return value;
}
