// What waits on this tablet, in the head of every page: saved here, sending 4/9, received 10:14, needs attention.
import { count } from "./items.js";
import { hear } from "./told.js";

const PATIENT = [undefined, null, "away", "busy", "server", "here"]; // it will go by itself
const STAYS = 8000; // ms that "received" is shown

export const time = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

class OutboxState extends HTMLElement {
  connectedCallback() {
    this.stop = hear((what) => this.hear(what));
    count().then(({ unsent }) => unsent && this.hear({ is: "kept", unsent }), () => undefined);
  }

  disconnectedCallback() {
    this.stop();
  }

  hear({ is, unsent, done, of, why }) {
    if (is === "wake" || is === "stuck") return;
    if (is === "sending") return this.show("sending", `${done}/${of}`);
    if (unsent) return this.show(PATIENT.includes(why) ? "saved" : "attention", unsent);
    if (is === "received") this.show("received", time(Date.now()));
    else if (this.dataset.is !== "received") this.hidden = true;
  }

  show(is, value) {
    clearTimeout(this.ends);
    this.dataset.is = is;
    this.hidden = false;
    for (const one of this.querySelectorAll("[data-state-is]")) one.hidden = one.dataset.stateIs !== is;
    this.querySelector(`[data-state-is=${is}] b`).textContent = value;
    if (is === "received") this.ends = setTimeout(() => { this.hidden = true; this.dataset.is = ""; }, STAYS);
  }
}

customElements.define("outbox-state", OutboxState);
