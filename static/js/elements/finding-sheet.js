// Phrases, each one tap: one's own for what is looked at, then those of the workshop; and a reading asks for its unit.
const OWN = 6;

class FindingSheet extends HTMLElement {
  connectedCallback() {
    const { form } = this.querySelector("textarea");
    const { words, reading, unit, point } = form.elements;
    const phrases = this.querySelector(".phrases");
    phrases?.removeAttribute("hidden");
    phrases?.addEventListener("click", ({ target }) => {
      const phrase = target.closest("button");
      if (!phrase) return;
      words.value = [words.value.trim(), phrase.textContent].filter(Boolean).join(this.dataset.joint);
      words.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const own = [...this.querySelectorAll("[data-of]")];
    const show = () => {
      const fits = own.filter(({ dataset }) => !point?.value || dataset.of === point.value).slice(0, OWN);
      const said = new Set(fits.map(({ textContent }) => textContent));
      for (const one of own) one.hidden = !fits.includes(one);
      for (const one of this.querySelectorAll(".phrase:not([data-of])")) one.hidden = said.has(one.textContent);
    };
    point?.addEventListener("change", show);
    form.addEventListener("restored", show);
    show();
    form.addEventListener("input", () => { unit.required = reading.value.trim() !== ""; });
    unit.required = reading.value.trim() !== "";
  }
}

customElements.define("finding-sheet", FindingSheet);
