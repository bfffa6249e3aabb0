// Moves the edge between two photographs; the handle is a range input.

class BeforeAfter extends HTMLElement {
  connectedCallback() {
    this.range = this.querySelector("input[type=range]");
    this.frame = this.querySelector(".compare");
    this.range.addEventListener("input", () => this.move());
    this.move();
  }

  move() {
    this.frame.style.setProperty("--at", `${this.range.value}%`);
  }
}

customElements.define("before-after", BeforeAfter);
