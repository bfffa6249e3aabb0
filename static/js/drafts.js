// Nothing typed is lost: every change of a form is kept at once and comes back with the page, until the server has
// accepted that form. A form that was sent and not answered keeps its number, so that sending it again is the same act.
import { mark } from "./draft-mark.js";
import { isKept, itemOf, keyOf, putBack, typedIn } from "./fields.js";
import { shelf } from "./kept.js";
import { author } from "./outbox/author.js";

export { settled } from "./kept.js";

const WEEK = 7 * 86_400_000;
const HOUR = 3_600_000;
const capture = "capture" in document.body.dataset;
let person = document.body.dataset.person ?? "";
const place = shelf(person || capture);
const known = new Map();
const seen = new WeakMap();
let restoring = false;

function note(form, sent) {
  const key = keyOf(form, person);
  const { item, sent: before } = known.get(key) ?? {};
  const draft = { key, person, at: Date.now(), typed: typedIn(form), ...(sent ? { item: itemOf(form)?.value, sent: Date.now() } : { item, sent: before }) };
  if (!Object.keys(draft.typed).length && !draft.item) return drop(key);
  known.set(key, draft);
  place.keep(draft);
}

function drop(key) {
  if (known.delete(key)) place.forget(key);
}

// The server tells in a cookie which forms it has accepted (+) or refused (-).
function answered() {
  const told = document.cookie.match(/(?:^|; )answered=([^;]*)/)?.[1];
  if (!told) return;
  document.cookie = "answered=; path=/; max-age=0";
  for (const [key, draft] of known) {
    if (told.includes(`+${draft.item}`)) drop(key);
    else if (told.includes(`-${draft.item}`)) place.keep(Object.assign(draft, { item: undefined }));
  }
}

function restore(form) {
  if (seen.has(form) || !isKept(form)) return;
  seen.set(form, true);
  const draft = known.get(keyOf(form, person)) ?? (capture && known.get(keyOf(form, "")));
  if (!draft) return;
  const [item, fresh] = [itemOf(form), itemOf(form)?.value];
  if (item && draft.item && Date.now() - draft.sent < HOUR) item.value = draft.item;
  restoring = true;
  if (putBack(form, draft.typed)) mark(form, draft, fresh, drop);
  restoring = false;
}

export async function drafts() {
  if (capture) person = (await author())?.person ?? "";
  const open = (form) => form && isKept(form) && !("done" in form.dataset);
  const changed = ({ target }) => !restoring && open(target.form) && note(target.form);
  for (const kind of ["input", "change"]) document.addEventListener(kind, changed);
  document.addEventListener("submit", (event) => isKept(event.target) && note(event.target, true));
  for (const draft of await place.all()) {
    if (Date.now() - draft.at > WEEK) place.forget(draft.key);
    else if ([person, capture ? "" : person].includes(draft.person) && !known.has(draft.key)) known.set(draft.key, draft);
  }
  answered();
  const all = () => document.querySelectorAll("form").forEach(restore);
  all();
  document.addEventListener("htmx:after:swap", () => { answered(); all(); });
}
