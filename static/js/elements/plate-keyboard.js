// A keyboard for Chinese plates. The field stays an ordinary input: typing, pasting, the tablet's own keys go on working.
import { drawKeys, drawPlate, keySheet, readTyped } from "../plates.js";
import { sheet } from "../sheets.js";
let dressed;
class PlateKeyboard extends HTMLElement {
  connectedCallback() {
    dressed ??= sheet("keys");
    this.input = this.querySelector("input");
    this.badge = this.querySelector("[data-badge]");
    this.free = "free" in this.dataset;
    this.other = this.free && localStorage.keyboard === "other"; // their wish of last time
    const byThumb = () => matchMedia("(pointer: coarse)").matches && !this.other;
    this.input.addEventListener("focus", () => byThumb() && this.open());
    this.input.addEventListener("input", (event) => event.isComposing || this.typed());
    this.input.form?.addEventListener("reset", () => setTimeout(() => this.typed()));
    this.addEventListener("focusout", (event) => !this.contains(event.relatedTarget) && this.close());
    this.addEventListener("keydown", (event) => event.key === "Escape" && !this.free && "up" in this.dataset && (event.preventDefault(), this.close()));
    this.querySelector("[data-keys]").addEventListener("click", () => this.open());
    if (document.activeElement === this.input && byThumb()) this.open();
    this.typed();
    (window.requestIdleCallback ?? setTimeout)(() => byThumb() && this.build()); // there before the first tap
  }

  disconnectedCallback() { this.close(); }

  async open() {
    this.build();
    this.other = false;
    this.input.inputMode = "none";
    this.dataset.up = "";
    this.input.focus({ preventScroll: true });
    await dressed; // a key is shown at the size at which it can be hit
    this.sheet.hidden = !("up" in this.dataset);
    if (document.body.classList.toggle("has-keys", !this.free && !this.sheet.hidden)) this.scrollIntoView({ block: "start" });
  }

  close() {
    if (this.sheet) this.sheet.hidden = true;
    delete this.dataset.up;
    this.input.inputMode = "text";
    document.body.classList.remove("has-keys");
  }

  build() {
    if (this.sheet) return;
    this.append((this.sheet = keySheet(this.querySelector("template"), (name) => this.press(name))));
    this.draw();
  }

  draw() {
    drawKeys(this.sheet, this.input.value, { free: this.free, turned: this.turned, own: this.dataset.own });
  }

  press(name) {
    const { selectionStart: from, selectionEnd: to } = this.input;
    const begin = name === "delete" && from === to ? Math.max(0, from - 1) : from;
    this.turned = name === "turn" && !this.turned;
    if (name === "done") return this.input.dispatchEvent(new Event("change", { bubbles: true })), this.close();
    if (name === "other") return this.leave();
    if (name === "turn") return this.draw();
    this.input.setRangeText(name === "delete" ? "" : name, begin, to, "end");
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  leave() {
    this.other = true;
    localStorage.keyboard = "other";
    this.input.blur();
    this.input.focus();
  }

  typed() {
    const text = this.free ? this.input.value : readTyped(this.input.value);
    if (text !== this.input.value) this.input.value = text;
    if (this.badge) drawPlate(this.badge, text);
    if (this.sheet) this.draw();
  }
}

customElements.define("plate-keyboard", PlateKeyboard);
