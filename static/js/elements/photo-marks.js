// Arrows, circles and lines over a photo with finger, pen, mouse or keys. They are kept as vectors in a hidden field.
import { byKeys, crossAt } from "../marks/by-keys.js";
import { milleOf } from "../marks/dot.js";
import { draw, lengthOf, onto } from "../marks/vectors.js";

const [MOST, SMALLEST] = [20, 12];

class PhotoMarks extends HTMLElement {
  part = (name) => this.querySelector(`[data-part="${name}"]`);
  field = () => this.querySelector("input[type=hidden]");
  shape = () => this.querySelector("[aria-checked=true]").dataset.shape;
  say = (what) => { this.part("told").textContent = this.dataset[what]; };

  connectedCallback() {
    [this.photo, this.name, this.at] = [this.querySelector("img"), this.field().name, [500, 500]];
    const acts = { pointerdown: this.begin, pointermove: this.follow, pointerup: this.end, pointercancel: this.leave, focus: this.show, blur: this.show };
    for (const [name, act] of Object.entries(acts)) this.part("board").addEventListener(name, act);
    this.part("board").addEventListener("keydown", (event) => byKeys(this, event));
    this.photo.addEventListener("load", this.show);
    this.part("undo").addEventListener("click", this.undo);
    this.querySelector(".marker-tools").addEventListener("click", ({ target }) => this.choose(target.closest("[data-shape]")));
    this.closest("form")?.addEventListener("restored", () => this.read());
    this.read();
  }

  read(told = this.field()?.value) {
    this.marks = JSON.parse(told || "[]");
    this.show();
  }

  open(src, told) {
    this.photo.src = src;
    this.read(told);
  }

  choose(tool) {
    if (tool) for (const one of this.querySelectorAll("[data-shape]")) one.setAttribute("aria-checked", one === tool);
  }

  show = () => {
    const cross = this.part("board").matches(":focus-visible") ? crossAt(this.at) : [];
    const drawn = this.drawn ? [this.drawn] : [];
    draw(this.part("drawing"), [...this.marks, ...drawn, ...cross], this.photo.naturalWidth || 1000, this.photo.naturalHeight || 750);
  };

  where = (event) => { const { x, y } = milleOf(event, this.photo); return [x, y]; };
  follow = (event) => { if (this.drawn) { this.drawn = onto(this.drawn, this.where(event)); this.show(); } };
  leave = () => { this.drawn = null; this.show(); };
  undo = () => { if (this.marks.length) this.keep(this.marks.slice(0, -1), "gone"); };
  end = () => { if (this.drawn) this.keep(lengthOf(this.drawn.points) < SMALLEST ? this.marks : [...this.marks, this.drawn], "set"); };

  begin = (event) => {
    this.part("board").setPointerCapture(event.pointerId);
    this.first(this.where(event));
  };

  first(at) {
    if (this.marks.length >= MOST) this.say("many");
    else this.drawn = { kind: this.shape(), points: [at, at] };
  }

  keep(marks, said) {
    [this.marks, this.drawn] = [marks, null];
    const field = this.field() ?? this.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: this.name }));
    field.value = JSON.stringify(marks);
    field.dispatchEvent(new Event("change", { bubbles: true }));
    this.say(said);
    this.show();
  }
}

customElements.define("photo-marks", PhotoMarks);
