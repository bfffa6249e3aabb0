// What the outbox does where there is something to do: sends, keeps the ticket of whoever is here, takes forms.
import { author, takeTicket } from "./author.js";
import { notes } from "./notes.js";
import { sender } from "./sender.js";

export { submit } from "./submit.js";

export async function begin() {
  sender();
  const { person, capture } = document.body.dataset;
  await notes(person || capture !== undefined ? await takeTicket(person) : await author());
}
