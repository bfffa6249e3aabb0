// Fewer kilometres than last time, or far more: asked about once, at once, also without a network.
const FAR = 100_000; // km, as models/vehicles/cars.py

class OdometerField extends HTMLElement {
  connectedCallback() {
    const [km, doubt] = [this.querySelector("input[name=odometer_km]"), this.querySelector("[data-doubt]")];
    const last = Number(this.dataset.last);
    const look = () => {
      const read = Number(km.value);
      const odd = km.value !== "" && last > 0 && (read < last || read > last + FAR);
      doubt.hidden = !odd;
      doubt.querySelector("input").required = odd;
      if (!odd) doubt.querySelector("input").checked = false;
    };
    km.addEventListener("change", look);
    this.closest("form").addEventListener("restored", look);
    if (km.value) look();
  }
}

customElements.define("odometer-field", OdometerField);
