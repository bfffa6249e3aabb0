// Where one is on the round and what is done; and how long it takes, measured by this device, never shown.

import "./car-outline.js"; // all of one sheet: they come together
import "./fuel-gauge.js";
import "./guided-camera.js";
import "./odometer-field.js";

class WalkSteps extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.steps = [...this.querySelectorAll("[data-step]")];
    for (const kind of ["input", "change", "restored"]) this.form.addEventListener(kind, () => this.look());
    this.form.addEventListener("input", () => this.time("walk_began"), { once: true });
    this.form.addEventListener("change", () => this.time("walk_began"), { once: true });
    this.form.addEventListener("formdata", ({ formData }) => formData.set("walk_ended", Date.now()));
    this.watch = new IntersectionObserver((seen) => seen.forEach(({ target, isIntersecting }) => this.of(target)?.toggleAttribute("data-here", isIntersecting)), { rootMargin: "-30% 0px -60%" });
    for (const step of this.steps) this.watch.observe(this.part(step));
    this.look();
  }

  disconnectedCallback() {
    this.watch.disconnect();
  }

  part = (step) => this.form.querySelector(`#walk-${step.dataset.step}`);
  of = (part) => this.steps.find((step) => `walk-${step.dataset.step}` === part.id);

  time(name) {
    const field = this.querySelector(`[name=${name}]`) ?? this.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
    field.value ||= Date.now();
  }

  look() {
    const value = (name) => this.form.elements[name]?.value;
    const looked = [...this.form.querySelectorAll("[data-earlier]")].every((row) => row.querySelector(":checked"));
    const done = {
      photos: Number(this.form.querySelector("guided-camera").dataset.done) >= 10,
      marks: looked && (this.form.querySelector("[data-earlier]") || Number(this.form.querySelector("car-outline").dataset.done) > 0),
      dash: value("odometer_km") && value("fuel_percent"),
      inside: value("valuables"),
      wishes: value("old_parts"),
      sign: (value("strokes") && value("advisor_strokes")) || this.form.elements.on_paper.checked,
    };
    this.form.elements.on_paper.setCustomValidity(done.sign ? "" : this.dataset.unsigned);
    for (const step of this.steps) step.toggleAttribute("data-done", Boolean(done[step.dataset.step]));
  }
}

customElements.define("walk-steps", WalkSteps);
