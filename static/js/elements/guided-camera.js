// Photos of the round: a tap opens the camera at that corner, each shot is saved while the next one is taken.
import { drop, goesOn, keep, kept } from "../photos/keep.js";
import { shrunk } from "../photos/shrink.js";
import { aimOf, fileOf, has, picture } from "../photos/tile.js";
import { viewfinder } from "../photos/viewfinder.js";

class GuidedCamera extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.tiles = [...this.querySelectorAll(".shot")];
    this.round = this.tiles.filter((tile) => !("extra" in tile.dataset));
    for (const tile of this.tiles) {
      tile.querySelector("label").addEventListener("click", (event) => this.camera && this.open(event, tile));
      const chosen = () => fileOf(tile).files[0] && goesOn(this.form, this.take(tile, shrunk(fileOf(tile).files[0])));
      fileOf(tile).addEventListener("change", (event) => { event.stopPropagation(); chosen(); });
      chosen(); // before this script had come
    }
    this.form.addEventListener("restored", () => this.back());
    this.form.addEventListener("reset", () => this.tiles.forEach((tile) => this.clear(tile)));
    if (navigator.mediaDevices?.getUserMedia) this.ready(this.querySelector("[data-part=start]"));
    this.back();
  }

  ready(start) {
    this.camera = viewfinder(this.querySelector("dialog"));
    start.hidden = false;
    start.addEventListener("click", (event) => this.open(event, this.round.find((tile) => !has(tile)) ?? this.round[0]));
  }

  async open(event, tile) {
    event.preventDefault();
    const tiles = "extra" in tile.dataset ? [tile] : this.round;
    const how = { taken: (at) => has(tiles[at]), shot: (at, coming) => goesOn(this.form, this.take(tiles[at], coming)) };
    await this.camera.open(tiles.map(aimOf), tiles.indexOf(tile), how).catch((trouble) => {
      this.camera = null; // from now on every tile is a file field
      this.say(tile, trouble.name === "NotAllowedError" ? "denied" : "");
    });
  }

  async take(tile, coming) {
    const at = Date.now();
    this.say(tile, "saving");
    try {
      const blob = await coming;
      picture(tile, URL.createObjectURL(blob));
      this.say(tile, await keep(this, { name: "photo", word: tile.dataset.angle, blob, file: fileOf(tile), at }));
    } catch {
      this.clear(tile);
      this.say(tile, "broken");
    }
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  clear(tile) {
    tile.querySelector("img")?.remove();
    fileOf(tile).value = "";
    drop(this, "photo", tile.dataset.angle);
    this.say(tile, "");
  }

  say(tile, state) {
    tile.dataset.state = state === "held" ? "saved" : state;
    tile.querySelector(".shot-state").textContent = this.dataset[tile.dataset.state] ?? "";
    this.dataset.done = this.round.filter(has).length;
    this.querySelector("[data-part=count]").textContent = `${this.dataset.done}/${this.round.length}`;
  }

  async back() {
    this.say(this.tiles[0], this.tiles[0].dataset.state ?? "");
    const of = (word) => this.tiles.find((tile) => tile.dataset.angle === word);
    for (const [word, url] of await kept(this, "photo", (word) => of(word) && fileOf(of(word)))) {
      if (!of(word)) continue;
      picture(of(word), url);
      this.say(of(word), "saved");
    }
  }
}

customElements.define("guided-camera", GuidedCamera);
