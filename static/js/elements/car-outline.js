// Damage on the car's outline: a tap sets a mark, a row beside it and a small object in a hidden field.
import { turn } from "../marks/bodies.js";
import { dot, milleOf } from "../marks/dot.js";
import { markRow } from "../marks/row.js";
import { keep, kept } from "../photos/keep.js";
import { viewfinder } from "../photos/viewfinder.js";
import { uuid7 } from "../outbox/freeze.js";

const tell = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));

class CarOutline extends HTMLElement {
  part = (name) => this.querySelector(`[data-part="${name}"]`);
  fields = () => [...this.querySelectorAll("input[type=hidden][name=mark]")];
  field = (id) => this.fields().find(({ value }) => value.includes(id));
  words = (place) => this.querySelector(`data[value="${place}"]`)?.textContent ?? place;
  row = (id) => [...this.part("rows").children].find((row) => row.dataset.id === id);

  connectedCallback() {
    this.form = this.closest("form");
    this.last = { kind: "scratch", size: "coin" };
    this.part("board").addEventListener("click", (event) => this.tap(event));
    for (const [name, act] of [["inside", () => this.set({ place: "interior" })], ["all-there", () => this.allThere()]]) {
      this.part(name)?.removeAttribute("hidden");
      this.part(name)?.addEventListener("click", act);
    }
    this.addEventListener("change", ({ target }) => target.name === "body" && turn(this, target.value));
    this.form.addEventListener("restored", () => this.back());
    this.form.addEventListener("reset", () => { this.fields().forEach((one) => one.remove()); this.draw(); });
    this.back();
  }

  tap(event) {
    const place = event.target.closest("[data-place]")?.dataset.place;
    if (place) this.set({ place, ...milleOf(event, this.part("board").querySelector("svg")) });
  }

  set(mark) {
    const value = JSON.stringify({ id: uuid7(), ...this.last, note: "", ...mark });
    this.append(Object.assign(document.createElement("input"), { type: "hidden", name: "mark", value }));
    this.draw();
    tell(this.fields().at(-1));
  }

  change(id, what) {
    const field = this.field(id);
    const mark = { ...JSON.parse(field.value), ...what };
    field.value = JSON.stringify(mark);
    this.last = { kind: mark.kind, size: mark.size };
    tell(field);
  }

  allThere() {
    for (const one of this.querySelectorAll("input[value=confirmed]")) tell(Object.assign(one, { checked: true }));
  }

  draw() {
    const before = this.querySelectorAll("[data-earlier]").length;
    const marks = this.fields().map(({ value }, at) => ({ number: before + at + 1, ...JSON.parse(value) }));
    for (const row of [...this.part("rows").children]) if (!this.field(row.dataset.id)) row.remove();
    for (const mark of marks) if (!this.row(mark.id)) this.part("rows").prepend(markRow(this, mark)); // the newest on top
    for (const { id, number } of marks) this.row(id).querySelector(".mark-number").textContent = number;
    this.part("new").replaceChildren(...marks.filter(({ x }) => x !== undefined).map(dot));
    this.part("none").hidden = marks.length > 0;
    this.dataset.done = marks.length;
  }

  async back() {
    const body = this.querySelector("input[name=body]:checked")?.value;
    if (body && body !== this.dataset.body) turn(this, body);
    this.draw();
    const files = (id) => this.row(id)?.querySelector("input[type=file]");
    for (const [id, url] of await kept(this, "mark_photo", files)) this.row(id)?.dispatchEvent(new CustomEvent("picture", { detail: url }));
  }

  photograph = (word) => viewfinder(this.form.querySelector("dialog.viewfinder")).one({ word });

  keepPhoto = (word, blob, file) => keep(this, { name: "mark_photo", word, blob, file });
}

customElements.define("car-outline", CarOutline);
