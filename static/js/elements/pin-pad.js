// Six digits by large keys: they fill the field, and the form is sent at the sixth. The keyboard works as well.
const LENGTH = 6;

class PinPad extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("input");
    this.field.inputMode = "none"; // the keys of the page are larger than those of the device
    this.addEventListener("click", (event) => {
      const key = event.target.closest("[data-key]");
      if (key) this.press(key.dataset.key);
      this.field.focus({ preventScroll: true });
    });
    this.field.addEventListener("input", () => this.show());
    window.addEventListener("pageshow", this.back);
    this.show(); // what was typed before the keys were there counts
    this.field.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    window.removeEventListener("pageshow", this.back);
  }

  back = ({ persisted }) => {
    if (persisted) this.press("all"); // a page out of the browser's memory tells nobody's digits
  };

  press(key) {
    const { value } = this.field;
    this.field.value = { all: "", last: value.slice(0, -1) }[key] ?? (value + key).slice(0, LENGTH);
    this.show();
  }

  show() {
    this.field.value = this.field.value.replace(/\D/g, "");
    const typed = this.field.value.length;
    for (const [place, dot] of this.querySelectorAll(".pin-dots > span").entries()) dot.toggleAttribute("data-on", place < typed);
    const whole = typed === LENGTH;
    if (whole) this.field.form.requestSubmit();
    this.setAttribute("aria-busy", String(whole));
  }
}

customElements.define("pin-pad", PinPad);
