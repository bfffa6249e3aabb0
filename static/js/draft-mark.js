// The note at the head of a form that came back as it was left: from when, and the way to be rid of it.
import { itemOf } from "./fields.js";

function moment(at) {
  const time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return at.toDateString() === new Date().toDateString() ? time : `${at.getMonth() + 1}/${at.getDate()} ${time}`;
}

export function mark(form, draft, fresh, drop) {
  const note = document.querySelector("template[data-draft]")?.content.cloneNode(true).firstElementChild;
  if (!note) return;
  note.querySelector("time").textContent = moment(new Date(draft.at));
  note.querySelector("button").addEventListener("click", () => {
    form.querySelectorAll("[data-keeps] input[type=hidden]").forEach((field) => field.remove());
    form.reset();
    form.dispatchEvent(new Event("restored", { bubbles: true }));
    drop(draft.key); // after the last word of a sheet to sign on, which tells of its change while it is cleared
    if (itemOf(form)) itemOf(form).value = fresh;
    note.remove();
  });
  form.prepend(note);
  form.closest("details")?.setAttribute("open", "");
}
