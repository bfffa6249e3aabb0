// Points of an inspection: a second tap takes the tick back; without any there is nothing to note.

class TickList extends HTMLElement {
  connectedCallback() {
    const form = this.closest("form");
    this.addEventListener("pointerdown", ({ target }) => this.remember(target));
    this.addEventListener("click", ({ target }) => this.takeBack(target));
    for (const kind of ["input", "change", "restored", "reset"]) form.addEventListener(kind, () => setTimeout(() => this.look()));
    this.look();
  }

  radio = (target) => target.closest("label")?.querySelector("input");

  remember(target) {
    const radio = this.radio(target);
    this.was = radio?.checked ? radio : null;
  }

  takeBack(target) {
    const radio = this.radio(target);
    if (!radio || target !== radio || radio !== this.was) return;
    this.was = null;
    radio.checked = false;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }

  look() {
    const first = this.querySelector("input");
    first?.setCustomValidity(this.querySelector(":checked") ? "" : this.dataset.none);
  }
}

customElements.define("tick-list", TickList);
