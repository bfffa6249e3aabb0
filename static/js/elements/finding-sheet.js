// Phrases of the workshop, each one tap; and a reading asks for its unit.

class FindingSheet extends HTMLElement {
  connectedCallback() {
    const { form } = this.querySelector("textarea");
    const { words, reading, unit } = form.elements;
    const phrases = this.querySelector(".phrases");
    phrases?.removeAttribute("hidden");
    phrases?.addEventListener("click", ({ target }) => {
      const phrase = target.closest("button");
      if (!phrase) return;
      words.value = [words.value.trim(), phrase.textContent].filter(Boolean).join(this.dataset.joint);
      words.dispatchEvent(new Event("input", { bubbles: true }));
    });
    form.addEventListener("input", () => { unit.required = reading.value.trim() !== ""; });
    unit.required = reading.value.trim() !== "";
  }
}

customElements.define("finding-sheet", FindingSheet);
