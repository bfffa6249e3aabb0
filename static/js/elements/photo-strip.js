// Photos of a form, one after the other: the camera over the page or chosen files. Each lies on the tablet before it counts;
// where nothing can be kept the files stay in their field and go with the form.
import { canKeep } from "../outbox/blobs.js";
import { uuid7 } from "../outbox/freeze.js";
import { drop, keep, kept } from "../photos/keep.js";
import { shrunk } from "../photos/shrink.js";
import { thumb } from "../photos/thumb.js";
import { viewfinder } from "../photos/viewfinder.js";

class PhotoStrip extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.input = this.querySelector("input[type=file]");
    this.list = this.querySelector("ol");
    this.going = new Set();
    this.input.addEventListener("change", (event) => this.chosen(event));
    this.form.addEventListener("reset", () => this.empty());
    if (!canKeep()) return;
    this.form.addEventListener("freezing", ({ detail }) => detail(Promise.allSettled(this.going)));
    this.form.addEventListener("restored", () => this.back());
    if (navigator.mediaDevices?.getUserMedia) this.camera = viewfinder(this.querySelector("dialog"));
    this.querySelector("label").addEventListener("click", (event) => this.camera && this.open(event));
    if (this.input.files.length) this.chosen(new Event("change")); // before this script had come
    this.back();
  }

  async open(event) {
    event.preventDefault();
    const step = { word: this.querySelector("label span").textContent };
    await this.camera.open([step], 0, { taken: () => true, shot: (_, coming) => this.take(coming) }).catch(({ name }) => {
      this.camera = null; // from now on a tap asks for a file
      this.say(name === "NotAllowedError" ? "denied" : "");
    });
  }

  chosen(event) {
    const files = [...this.input.files];
    if (!canKeep()) return this.say("", files.map(({ name }) => name).join(" · "));
    event.stopPropagation();
    files.forEach((file) => this.take(shrunk(file)));
    this.input.value = "";
  }

  take = (coming) => this.going.add(this.keep(coming, uuid7(), Date.now()));

  async keep(coming, word, at) {
    this.say("saving");
    try {
      const blob = await coming;
      const is = await keep(this, { name: "photo", word, blob, at });
      if (is !== "saved") return this.say(is === "full" ? is : "broken");
      this.tile(word, URL.createObjectURL(blob));
      if (this.dataset.state === "saving") this.say("");
    } catch {
      this.say("broken");
    }
  }

  tile(word, src) {
    this.list.appendChild(thumb(this, src, () => drop(this, "photo", word))).dataset.word = word;
  }

  // What a draft brought back.
  async back() {
    const found = await kept(this, "photo", () => null);
    for (const [word, src] of found) if (!this.list.querySelector(`[data-word="${word}"]`)) this.tile(word, src);
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
