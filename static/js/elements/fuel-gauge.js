// Eight steps beside the number: one tap reads the gauge.

class FuelGauge extends HTMLElement {
  connectedCallback() {
    const [field, bar] = [this.querySelector("input"), this.querySelector("[data-part=bar]")];
    const show = () => bar.querySelectorAll("button").forEach((step) => step.toggleAttribute("data-on", field.value !== "" && Number(field.value) >= Number(step.value) - 6));
    bar.hidden = false;
    bar.addEventListener("click", ({ target }) => {
      if (!target.value) return;
      field.value = target.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    field.addEventListener("input", show);
    show();
  }
}

customElements.define("fuel-gauge", FuelGauge);
