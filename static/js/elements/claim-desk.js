// The parts counter without a network: what is scanned is compared with the list that this tablet saw last, and kept as a
// claim, which the server books when it comes or puts before a clerk. The words are the page's: [data-says].
import { readLabel } from "../labels.js";
import { hashOf } from "../outbox/blobs.js";
import { all } from "../outbox/items.js";
import { left, meant } from "../picks.js";

class ClaimDesk extends HTMLElement {
  async connectedCallback() {
    [this.scan, this.claim] = this.querySelectorAll("form");
    this.scan.addEventListener("submit", (event) => this.look(this.scan.elements.label.value.trim(), event.preventDefault()));
    this.claim.addEventListener("frozen", ({ detail }) => this.kept(detail));
    this.addEventListener("click", ({ target }) => target.closest("[data-sure]") && this.keep(this.doubt));
    const { items, receipts } = await all().catch(() => ({ items: [] }));
    for (const { kind, item, at, body } of items) {
      if (kind !== "part_claim" || (receipts.has(item) && at < Number(this.dataset.at))) continue;
      const told = new Map(JSON.parse(new TextDecoder().decode(body)).fields);
      this.count(told.get("demand"), Number(told.get("pieces")));
    }
  }

  // Which row of the list is meant, or why none is; a doubt can be kept all the same, for a clerk to settle.
  look(text) {
    const label = readLabel(text);
    if (label.kind === "E") return this.badge(text, label.code);
    if (!text || !["P", "B", "L"].includes(label.kind)) return this.say("label");
    if (label.store && label.store !== this.dataset.store) return this.say("store");
    const taker = this.scan.querySelector("[name=technician]:checked");
    if (!taker || ("proof" in this.dataset && this.shown !== taker.value)) return this.say(taker ? "proof" : "nobody");
    const pieces = Number(this.scan.elements.pieces.value) || 1;
    const { row, why } = meant([...this.querySelectorAll("[data-demand]")], label, taker.value, pieces);
    this.doubt = { row, text, shown: label.code, pieces, taker };
    return why ? this.say(why) : this.keep(this.doubt);
  }

  async badge(text, code) {
    const shown = await hashOf(new TextEncoder().encode(code.toUpperCase()));
    const taker = this.scan.querySelector(`[data-badge="${shown}"]`);
    if (!taker) return this.say("badge");
    Object.assign(this, { shown: taker.value, badgeText: text });
    taker.checked = true;
    this.say("taker", taker.dataset.name);
  }

  keep({ row, text, shown, pieces, taker }) {
    if (this.claim.dataset.sent) return this.say("wait");
    const { value: technician, dataset: { name } } = taker;
    const badge = this.shown === technician ? this.badgeText : "";
    const fields = { label: text, shown, pieces, technician, taker: name, badge, demand: row?.dataset.demand ?? "" };
    for (const [field, value] of Object.entries(fields)) this.claim.elements[field].value = value;
    Object.assign(this.claim.dataset, { visit: row?.dataset.visit ?? "", title: row?.dataset.plate ?? "" });
    return this.claim.requestSubmit();
  }

  kept(item) {
    if (!item) return this.say("unkept");
    const { demand, pieces } = this.claim.elements;
    this.count(demand.value, Number(pieces.value));
    this.say("kept", `${this.claim.elements.shown.value} ×${pieces.value}`);
  }

  count(demand, pieces) {
    const row = demand && this.querySelector(`[data-demand="${demand}"]`);
    if (!row) return;
    row.dataset.left = Math.max(0, left(row) - pieces);
    row.querySelector("[data-count]").textContent = `×${row.dataset.left}`;
    row.toggleAttribute("data-done", row.dataset.left === "0");
  }

  say(which, about = "") {
    for (const one of this.querySelectorAll("[data-says]")) one.hidden = one.dataset.says !== which;
    const said = this.querySelector(`[data-says="${which}"]`);
    said.querySelector("[data-about]").textContent = about;
    const detail = { state: said.dataset.tells ?? said.dataset.outcome, words: said.querySelector("[data-word]").textContent };
    document.dispatchEvent(new CustomEvent("told", { detail }));
    for (const name of ["label", "pieces"]) this.scan.elements[name].value = "";
  }
}

customElements.define("claim-desk", ClaimDesk);
