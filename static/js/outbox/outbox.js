// The outbox as every page carries it: looks whether anything waits here, and fetches the rest only then or for a form
// that is captured. Such a form is held from the first moment; without what the outbox needs it stays an ordinary form.
import { author, dropTicket, takeTicket } from "./author.js";
import { known } from "./base.js";
import { canKeep } from "./blobs.js";
import { count } from "./items.js";
import "./state.js";

const HELLO_EVERY = 600_000; // ms while received items are still kept here
const CAPTURED = "form[data-outbox], outbox-list, [data-outbox-author]";

async function wanted() {
  if (document.querySelector(CAPTURED)) return true;
  const { kept, unsent } = await count();
  const server = await known("server");
  const due = Date.now() - (server?.at ?? 0) > HELLO_EVERY;
  return unsent > 0 || Number(localStorage.getItem("clearbay-holds")) > 0 || server?.reported > 0 || (kept > 0 && due);
}

export async function outbox(load) {
  if (!document.querySelector("outbox-state")) return; // a customer's own device
  // Whoever locks or leaves takes their name along; what they captured stays and goes out as theirs.
  document.addEventListener("submit", ({ target }) => target.matches?.("[data-leaves]") && dropTicket(), true);
  if (location.pathname.startsWith("/sign-in")) dropTicket();
  if (!canKeep()) return;
  let works;
  const fetched = () => (works ??= load().catch((trouble) => { works = null; throw trouble; }));
  document.addEventListener("submit", (event) => {
    if (!event.target.matches?.("form[data-outbox]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    fetched().then(({ submit }) => submit(event.target, event.submitter));
  }, true);
  const { person, shelf } = document.body.dataset;
  if (person && !document.querySelector(CAPTURED) && (shelf || (await author()))) takeTicket(person); // the network may be gone on the next page
  if (await wanted().catch(() => false)) (await fetched()).begin();
}
