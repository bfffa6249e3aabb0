// Damage on the car's outline: a tap sets a mark, a row beside it and a small object in a hidden field.
import { turn, turned } from "../marks/bodies.js";
import { dot, milleOf } from "../marks/dot.js";
import { markPhoto } from "../marks/photo.js";
import { markRow } from "../marks/row.js";
import { kept } from "../photos/keep.js";
import { uuid7 } from "../outbox/freeze.js";

const tell = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));

class CarOutline extends HTMLElement {
  part = (name) => this.querySelector(`[data-part="${name}"]`);
  fields = () => [...this.querySelectorAll("input[type=hidden][name=mark]")];
  field = (id) => this.fields().find(({ value }) => value.includes(id));
  words = (place) => this.querySelector(`data[value="${place}"]`)?.textContent ?? place;
  row = (id) => this.querySelector(`.mark-row[data-id="${id}"]`);

  connectedCallback() {
    this.form = this.closest("form");
    this.last = { kind: "scratch", size: "coin" };
    const acts = { board: (event) => this.tap(event), inside: () => this.set({ place: "interior" }), "all-there": () => this.allThere() };
    for (const [name, act] of Object.entries(acts)) {
      this.part(name)?.removeAttribute("hidden");
      this.part(name)?.addEventListener("click", act);
    }
    for (const row of this.querySelectorAll("[data-earlier]")) markPhoto(this, row);
    this.addEventListener("change", ({ target }) => target.name === "body" && turn(this));
    this.form.addEventListener("restored", () => this.back());
    this.form.addEventListener("reset", () => this.reset());
    this.back();
  }

  tap(event) {
    const place = event.target.closest("[data-place]")?.dataset.place;
    if (place && turned(this)) this.set({ place, ...milleOf(event, this.part("board").querySelector("svg")) });
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

  allThere = () => this.querySelectorAll("input[value=confirmed]").forEach((one) => tell(Object.assign(one, { checked: true })));

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

  reset() {
    for (const one of this.querySelectorAll("input[type=hidden]")) one.remove();
    for (const row of this.querySelectorAll("[data-earlier]")) row.dispatchEvent(new CustomEvent("picture"));
    setTimeout(() => this.back()); // once the fields are what they were
  }

  async back() {
    turn(this);
    this.draw();
    const files = (id) => this.row(id)?.querySelector("input[type=file]");
    for (const [id, url] of await kept(this, "mark_photo", files)) this.row(id)?.dispatchEvent(new CustomEvent("picture", { detail: url }));
  }
}

customElements.define("car-outline", CarOutline);
