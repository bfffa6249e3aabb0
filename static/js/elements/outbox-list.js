// Everything that waits on this tablet or was received from it, each with its state and its reason. What a colleague has
// submitted is counted and told, not shown: it goes out as theirs. Whatever is said here stands in the page's templates.
import { author } from "../outbox/author.js";
import { known } from "../outbox/base.js";
import { save } from "../outbox/export.js";
import { all } from "../outbox/items.js";
import { hear, tell } from "../outbox/told.js";
import { drawPlate, readTyped } from "../plates.js";
import { time } from "../outbox/state.js";
import { ways } from "../outbox/ways.js";

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
    this.querySelector("[data-export]").addEventListener("click", async () => {
      const mine = await author();
      save(({ person }) => this.owns(person, mine));
    });
    await this.draw();
  }

  disconnectedCallback() {
    this.stop();
  }

  now(is, { done, of }) {
    this.progress = is === "sending" ? `${done}/${of}` : null;
    if (!["wake", "stuck"].includes(is)) this.draw();
  }

  owns = (person, mine) => "all" in this.dataset || person === mine?.person;

  async draw() {
    const turn = (this.turn = (this.turn ?? 0) + 1); // a later drawing overtakes this one
    const [{ items, receipts }, mine, why, lost] = [await all(), await author(), await known("trouble"), await known("lost")];
    const shown = items.reverse().filter(({ item }) => receipts.get(item)?.state !== "replaced");
    const rows = await Promise.all(shown.map((item) => this.row(item, receipts.get(item.item), mine)));
    if (turn !== this.turn) return;
    const unsent = items.some(({ item }) => !receipts.has(item));
    this.querySelector("ul").replaceChildren(...rows);
    this.querySelector("[data-none]").hidden = shown.length > 0;
    for (const one of this.querySelectorAll("[data-acts]")) one.hidden = !unsent;
    for (const one of this.querySelectorAll("[data-all-why]")) one.hidden = !unsent || one.dataset.allWhy !== why?.why;
    Object.assign(this.querySelector("[data-lost]"), { hidden: !lost }).querySelector("b").textContent = lost?.items ?? "";
  }

  async row(item, receipt, mine) {
    const row = this.querySelector("template").content.cloneNode(true).firstElementChild;
    const show = (name, value, text) => row.querySelectorAll(`[data-${name}]`).forEach((one) => {
      one.hidden = one.getAttribute(`data-${name}`) !== value;
      if (!one.hidden && text !== undefined) (one.querySelector("b") ?? one).textContent = text;
    });
    const own = this.owns(item.person, mine);
    const trouble = receipt ? null : await known(`trouble ${item.item}`);
    for (const [name, is] of [["item", item.kind], ["other", own ? null : ""]]) show(name, is);
    const plate = own && PLATE.test(readTyped(item.title)) ? readTyped(item.title) : "";
    drawPlate(row.querySelector("[data-plate]"), plate);
    row.querySelector("[data-title]").textContent = own && !plate ? item.title : "";
    row.querySelector("time").textContent = moment(item.at);
    for (const [name, count] of [["photos", item.blobs.length], ["left-out", item.left_out]]) if (count) show(name, "", count);
    const odd = receipt ? receipt.state !== "applied" : trouble && !WAITS.includes(trouble.why);
    if (receipt) show("is", odd ? "attention" : "received", moment(receipt.at));
    else show("is", odd ? "attention" : this.progress ? "sending" : "saved", this.progress ?? "");
    show("why", receipt ? receipt.state : trouble?.why ?? "");
    row.querySelector("[data-says]").textContent = own ? (receipt?.says ?? trouble?.says ?? "") : "";
    if (own) ways(row, item, trouble ?? undefined);
    return row;
  }
}

customElements.define("outbox-list", OutboxList);
