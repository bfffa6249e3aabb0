// What the outbox does where there is something to do: sends, keeps the ticket of whoever is here, takes forms.
import { author, takeTicket } from "./author.js";
import { notes } from "./notes.js";
import { sender } from "./sender.js";

export { submit } from "./submit.js";

export async function begin() {
  sender();
  const { person } = document.body.dataset;
  if (person) await takeTicket(person);
  await notes(await author());
}
