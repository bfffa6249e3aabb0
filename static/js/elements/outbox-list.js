// Everything that waits on this tablet or was received from it, each with its state and its reason. What a colleague has
// submitted is counted and told, not shown: it goes out as theirs. Whatever is said here stands in the page's templates.
import { author } from "../outbox/author.js";
import { known } from "../outbox/base.js";
import { exported } from "../outbox/export.js";
import { all } from "../outbox/items.js";
import { hear, tell } from "../outbox/told.js";
import { drawPlate, readTyped } from "../plates.js";
import { time } from "../outbox/state.js";

const WAITS = ["missing", "broken"];
const PLATE = /^\p{Script=Han}[A-Z0-9].{4,6}$/u;

function moment(at) {
  const on = new Date(at);
  return on.toDateString() === new Date().toDateString() ? time(at) : `${on.getMonth() + 1}/${on.getDate()} ${time(at)}`;
}

class OutboxList extends HTMLElement {
  async connectedCallback() {
    this.stop = hear(({ is, ...told }) => this.now(is, told));
    this.querySelector("[data-now]").addEventListener("click", () => tell({ is: "wake" }));
    this.querySelector("[data-export]").addEventListener("click", () => this.export());
    await this.draw();
  }

  disconnectedCallback = () => this.stop();

  now(is, { done, of }) {
    this.progress = is === "sending" ? `${done}/${of}` : null;
    if (is !== "wake") this.draw();
  }

  async draw() {
    const turn = (this.turn = (this.turn ?? 0) + 1); // a later drawing overtakes this one
    const [{ items, receipts }, mine, why, lost] = [await all(), await author(), await known("trouble"), await known("lost")];
    const rows = await Promise.all(items.reverse().map((item) => this.row(item, receipts.get(item.item), mine)));
    if (turn !== this.turn) return;
    const unsent = items.some(({ item }) => !receipts.has(item));
    this.querySelector("ul").replaceChildren(...rows);
    this.querySelector("[data-none]").hidden = items.length > 0;
    for (const one of this.querySelectorAll("[data-acts]")) one.hidden = !unsent;
    for (const one of this.querySelectorAll("[data-all-why]")) one.hidden = !unsent || one.dataset.allWhy !== why?.why;
    this.querySelector("[data-lost]").hidden = !lost;
    this.querySelector("[data-lost] b").textContent = lost?.items ?? "";
  }

  async row(item, receipt, mine) {
    const row = this.querySelector("template").content.cloneNode(true).firstElementChild;
    const show = (name, value, text) => row.querySelectorAll(`[data-${name}]`).forEach((one) => {
      one.hidden = one.getAttribute(`data-${name}`) !== value;
      if (!one.hidden && text !== undefined) (one.querySelector("b") ?? one).textContent = text;
    });
    const own = "all" in this.dataset || item.person === mine?.person;
    const trouble = receipt ? null : await known(`trouble ${item.item}`);
    show("kind", item.kind);
    show("other", own ? null : "");
    const plate = own && PLATE.test(readTyped(item.title)) ? readTyped(item.title) : "";
    drawPlate(row.querySelector("[data-plate]"), plate);
    row.querySelector("[data-title]").textContent = own && !plate ? item.title : "";
    row.querySelector("time").textContent = moment(item.at);
    if (item.blobs.length) show("photos", "", item.blobs.length);
    const odd = receipt ? receipt.state !== "applied" : trouble && !WAITS.includes(trouble.why);
    if (receipt) show("is", odd ? "attention" : "received", moment(receipt.at));
    else show("is", odd ? "attention" : this.progress ? "sending" : "saved", this.progress ?? "");
    show("why", receipt ? receipt.state : trouble?.why ?? "");
    row.querySelector("[data-says]").textContent = own ? (receipt?.says ?? trouble?.says ?? "") : "";
    return row;
  }

  async export() {
    const mine = await author();
    const file = await exported(({ person }) => "all" in this.dataset || person === mine?.person);
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: `clearbay-${Date.now()}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}

customElements.define("outbox-list", OutboxList);
