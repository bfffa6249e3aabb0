// Photos of a form, one after the other: the camera over the page or chosen files. Each lies on the tablet before it counts;
// where nothing can be kept the files stay in their field and go with the form.
import { canKeep } from "../outbox/blobs.js";
import { uuid7 } from "../outbox/freeze.js";
import { drop, keep, kept } from "../photos/keep.js";
import { marking, unmark } from "../photos/marked.js";
import { thumb } from "../photos/thumb.js";
import { filesOf, ways } from "../photos/ways.js";

const LARGEST = 30 * 1024 * 1024; // what the server takes

class PhotoStrip extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.inputs = [...this.querySelectorAll("input[type=file]")];
    this.list = this.querySelector("ol");
    this.going = new Set();
    for (const input of this.inputs) input.addEventListener("change", (event) => this.chosen(event, input));
    this.form.addEventListener("reset", () => this.empty());
    if (!canKeep()) return;
    this.form.addEventListener("freezing", ({ detail }) => detail(Promise.allSettled(this.going)));
    this.form.addEventListener("restored", () => this.back());
    ways(this, this.inputs);
    for (const input of this.inputs) if (input.files.length) this.chosen(new Event("change"), input); // before this script had come
    this.back();
  }

  chosen(event, input) {
    if (!canKeep()) return this.say("", this.inputs.flatMap(({ files }) => [...files]).map(({ name }) => name).join(" · "));
    event.stopPropagation();
    filesOf(input).forEach(this.take);
    input.value = "";
  }

  take = (coming) => this.going.add(this.keep(coming, uuid7(), Date.now()));

  async keep(coming, word, at) {
    this.say("saving");
    try {
      const blob = await coming;
      if (blob.size > LARGEST) return this.say("large");
      const is = await keep(this, { name: "photo", word, blob, at });
      if (is !== "saved") return this.say(is === "full" ? is : "broken");
      this.tile(word, URL.createObjectURL(blob), blob.type);
      if (this.dataset.state === "saving") this.say("");
    } catch {
      this.say("broken");
    }
  }

  tile(word, src, type) {
    const moves = type.startsWith("video/");
    const tile = this.list.appendChild(thumb(this, src, () => { unmark(this, word); drop(this, "photo", word); }, moves));
    tile.dataset.word = word;
    if (!moves) marking(this, tile, word);
  }

  // What a draft brought back.
  async back() {
    const found = await kept(this, "photo", () => null);
    for (const [word, src, type] of found) if (!this.list.querySelector(`[data-word="${word}"]`)) this.tile(word, src, type);
  }

  empty() {
    for (const one of this.querySelectorAll("input[type=hidden], ol > li")) one.remove();
    this.say("");
  }

  say(state, words = this.dataset[state] ?? "") {
    this.dataset.state = state;
    this.querySelector(".strip-state").textContent = words;
  }
}

customElements.define("photo-strip", PhotoStrip);
