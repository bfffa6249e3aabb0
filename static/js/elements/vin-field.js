// Counts the signs of a VIN while one types, and says which of them no VIN contains.

class VinField extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.input.addEventListener("input", (event) => event.isComposing || this.typed());
    this.input.form?.addEventListener("reset", () => setTimeout(() => this.typed()));
    this.typed();
  }

  typed() {
    const text = this.input.value.normalize("NFKC").toUpperCase().replace(/[\s-]+/g, "");
    if (text !== this.input.value) this.input.value = text;
    this.querySelector("[data-count]").textContent = text ? `${text.length}/17` : "";
    this.querySelector("[data-doubt]").textContent = /[IOQ]/.test(text) ? this.dataset.strange : "";
  }
}

customElements.define("vin-field", VinField);
