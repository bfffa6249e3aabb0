// A captured form is sent: frozen, shown as saved here, on its way. Whoever waits a moment sees what became of it.
import { keyOf } from "../fields.js";
import { author, takeTicket } from "./author.js";
import { NoRoom } from "./blobs.js";
import { freeze } from "./freeze.js";
import { say } from "./notes.js";
import { stand } from "./pass.js";
import { now } from "./sender.js";
import { hear } from "./told.js";

const A_MOMENT = 4000; // ms
const PERSON = ["photo", "gone", "clash", "refused"]; // what does not go by itself

// The receipt; where it needs a person the list, which tells why and offers the way out; null after a moment.
function receiptOf(item) {
  return new Promise((done) => {
    const given = (receipt) => { stop(); done(receipt); };
    const stop = hear(({ is, item: which, receipt, why }) => {
      if (which !== item) return;
      if (is === "received") given(receipt);
      if (is === "stuck" && PERSON.includes(why)) given({ location: "/outbox" });
    });
    setTimeout(given, A_MOMENT, null);
  });
}

// Whoever has a ticket waits for no network.
async function whose({ person }) {
  const mine = await author();
  return !person || mine?.person === person ? mine : takeTicket(person);
}

// Where to go on when there is no answer yet: the page of captures if it opens without a network, else right here.
async function goOn(form) {
  const shelf = await caches.match("/capture").catch(() => null);
  if (shelf) return location.assign("/capture#saved");
  say("saved");
  form.hidden = true;
}

// What is still being written down for this form, such as the last photo, belongs to it; also what was chosen before the
// control that keeps it had come.
async function settled(form) {
  const coming = [...form.querySelectorAll(":not(:defined)")].map(({ localName }) => customElements.whenDefined(localName));
  await Promise.race([Promise.all(coming), new Promise((late) => setTimeout(late, A_MOMENT))]);
  const going = [];
  form.dispatchEvent(new CustomEvent("freezing", { detail: (one) => going.push(one) }));
  await Promise.allSettled(going);
}

// To where it stands now, also when that is this very page.
function leadOn(location_) {
  const to = new URL(location_, location.href);
  const here = to.pathname === location.pathname && to.search === location.search;
  location.assign(to);
  if (here) location.reload();
}

export async function submit(form, button) {
  if (form.dataset.sent) return;
  const busy = (is) => { form.dataset.sent = is ? "yes" : ""; button?.toggleAttribute("aria-busy", is); };
  busy(true);
  for (const name of ["nobody", "noroom", "broken"]) say(name, false);
  await settled(form);
  const mine = await whose(document.body.dataset).catch(() => null);
  const keys = [mine?.person, document.body.dataset.person, ""].filter((one) => one !== undefined).map((one) => keyOf(form, one));
  const item = mine && await freeze(form, mine, keys).catch((trouble) => say(trouble instanceof NoRoom ? "noroom" : "broken"));
  const ended = () => { busy(false); form.dispatchEvent(new CustomEvent("frozen", { detail: item })); };
  if (!mine) say("nobody");
  if (!item) return ended();
  const answer = "stays" in form.dataset ? null : receiptOf(item.item); // such a page says by itself what was kept
  await stand({ is: "kept" });
  now();
  if (!answer) return ended();
  const receipt = await answer;
  if (!receipt) return goOn(form);
  form.dataset.done = ""; // what empties itself now is no draft
  form.reset(); // a browser fills a page in again that it reads anew
  leadOn(receipt.location ?? "/outbox");
}
