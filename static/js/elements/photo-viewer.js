// Opens the photographs inside it large, one after another, by tap, key or swipe.

import { sheet } from "../sheets.js";

class PhotoViewer extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-photo]");
      if (!link || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.links = [...this.querySelectorAll("a[data-photo]")];
      this.open(this.links.indexOf(link));
    });
  }

  open(at) {
    if (!this.dialog) this.build();
    this.show(at);
    this.dialog.showModal();
  }

  build() {
    sheet("viewer");
    this.dialog = document.createElement("dialog");
    this.dialog.className = "viewer";
    this.words = document.createElement("p");
    this.picture = document.createElement("img");
    const bar = document.createElement("div");
    const steps = document.createElement("div");
    bar.className = steps.className = "viewer-bar";
    bar.append(this.words, this.act(this.dataset.close, () => this.dialog.close()));
    steps.append(
      this.act(this.dataset.before, () => this.show(this.at - 1)),
      this.act(this.dataset.after, () => this.show(this.at + 1)),
    );
    this.marks = document.createElement("span");
    this.marks.className = "viewer-marks";
    this.dialog.append(bar, this.picture, this.marks, steps);
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.show(this.at - 1);
      if (event.key === "ArrowRight") this.show(this.at + 1);
    });
    this.append(this.dialog);
  }

  act(words, go) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = words;
    button.addEventListener("click", go);
    return button;
  }

  show(at) {
    this.at = (at + this.links.length) % this.links.length;
    const image = this.links[this.at].querySelector("img");
    this.marks.textContent = "";
    for (const drawing of this.links[this.at].querySelectorAll("svg.drawing")) {
      this.marks.append(drawing.cloneNode(true));
      this.marks.firstElementChild.setAttribute("preserveAspectRatio", "xMidYMid meet");
    }
    this.picture.src = this.links[this.at].href;
    this.picture.alt = image.alt;
    this.words.textContent = `${this.at + 1}/${this.links.length} · ${image.alt}`;
  }
}

customElements.define("photo-viewer", PhotoViewer);
