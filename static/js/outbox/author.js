// In whose name this tablet captures: the ticket of whoever was signed in last, until they lock or sign out. Only the
// ticket goes then, never what they have captured.
import { forget, known, note } from "./base.js";

const FRESH = 3_600_000; // ms

// {ticket, person, name}, or null when nobody may capture in their name now.
export async function author() {
  const mine = await known("ticket").catch(() => null);
  return mine && Date.now() < mine.good ? mine : null;
}

// On a page of somebody who is signed in: their ticket, asked for once an hour, at once when it is another's.
export async function takeTicket(person) {
  const mine = await author();
  if (mine?.person === person && Date.now() - mine.at < FRESH) return mine;
  const answer = await fetch("/sync/ticket", { headers: { Accept: "application/json" }, redirect: "manual" }).catch(() => null);
  const told = answer?.ok ? await answer.json().catch(() => null) : null;
  if (!told?.ticket || told.person !== person) return mine?.person === person ? mine : null;
  const served = Date.parse(answer.headers.get("Date")) || Date.now(); // the tablet's clock may be wrong; the span is right
  const at = Date.now();
  const value = { ticket: told.ticket, person, name: told.name, at, good: at + told.until - served };
  await note("ticket", value);
  return value;
}

export const dropTicket = () => forget("ticket").catch(() => undefined);
