// What whoever captures must know from the start, said by sentences that the page brings along: in whose name they
// capture; that nobody is known; that this browser does not promise to keep what it holds.
import { layBallast } from "./ballast.js";

const QUESTION = 2000; // ms a browser may take to answer

export function say(name, shown = true) {
  for (const one of document.querySelectorAll(`[data-outbox-note="${name}"]`)) {
    one.hidden = !shown;
    if (shown && one.dataset.comes === "here") one.scrollIntoView({ block: "center" });
  }
}

async function lasting() {
  const { storage } = navigator;
  const slow = new Promise((done) => setTimeout(done, QUESTION, false));
  return Promise.race([slow, storage.persisted().then((kept) => kept || storage.persist())]).catch(() => false);
}

export async function notes(mine) {
  if (!document.querySelector("[data-outbox-note]")) return;
  say("nobody", !mine);
  say("author", Boolean(mine));
  for (const one of document.querySelectorAll("[data-outbox-author]")) one.textContent = mine?.name ?? "";
  say("fleeting", !(await lasting()));
  if (document.querySelector("form[data-outbox]")) await layBallast().catch(() => undefined); // before the first photo waits for it
}
