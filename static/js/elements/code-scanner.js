// The camera as a scanner: puts what it reads into the field of a form beside it and sends that. It stays open, and
// tells how each scan went by colour, word, sound and shake. Words come from the page: data-… and [data-outcome].
import { Camera } from "../camera.js";
import { tell } from "../outcomes.js";
import { typedCodes } from "../typed-codes.js";
const PATIENCE = 15000; // ms for an answer
class CodeScanner extends HTMLElement {
  part = (name) => this.querySelector(`[data-part="${name}"]`);
  listen = (act) => Object.entries(this.ears).forEach((one) => document[act](...one));
  light = async () => this.part("light").setAttribute("aria-pressed", await this.camera.light());

  connectedCallback() {
    this.ears = {
      "htmx:after:swap": ({ detail }) => this.sent && this.hear(detail.ctx.target),
      "htmx:error": () => this.sent && this.say("attention", this.dataset.lost),
      told: ({ detail }) => (this.sent ? this.say(detail.state, detail.words) : tell(detail.state)),
      visibilitychange: () => document.hidden && this.close(),
      change: ({ target }) => target.form?.id === this.dataset.form && this.touched(target),
    };
    this.listen("addEventListener");
    this.deaf = typedCodes((code) => this.sent || this.send(code));
    if (!navigator.mediaDevices?.getUserMedia) return;
    this.camera = new Camera(this.part("video"), this.dataset.facing, (codes) => this.see(codes));
    for (const act of ["open", "close", "light"]) this.part(act).addEventListener("click", () => this[act]());
    this.part("open").hidden = false;
  }

  disconnectedCallback() {
    this.listen("removeEventListener");
    this.close(this.deaf());
  }

  async open() {
    tell("wake");
    this.toggleAttribute("data-on", true);
    this.say("waiting", this.dataset.look);
    try {
      this.part("light").hidden = !(await this.camera.open());
    } catch ({ name }) {
      this.close(this.say("attention", name === "NotAllowedError" ? this.dataset.denied : this.dataset.none));
    }
  }

  close() {
    this.camera?.close(this.toggleAttribute("data-on", false));
  }

  touched(field) {
    this.camera?.forget(); // what is in view may be meant anew
    if (field.type === "file" && field.files.length) field.form.requestSubmit();
  }

  see(codes) {
    if (this.sent) return false;
    if (codes?.length === 1) return this.send(codes[0]);
    return this.say("attention", codes ? this.dataset.two : this.dataset.none);
  }

  send(code) {
    const form = document.getElementById(this.dataset.form);
    form.elements[this.dataset.field].value = code;
    this.say("waiting", this.dataset.reading);
    this.sent = setTimeout(() => (this.sent = null), PATIENCE);
    form.requestSubmit();
    return true;
  }

  hear(swapped, told = swapped?.querySelector?.("[data-outcome]")) { // other parts of the page read themselves anew too
    if (told) this.say(told.dataset.outcome, told.querySelector("[data-word]").textContent);
  }

  say(state, words) {
    if (state !== "waiting") this.sent = clearTimeout(this.sent);
    if (state !== "attention" || this.part("said").textContent !== words) tell(state);
    this.dataset.state = state;
    this.part("said").textContent = words;
  }
}

customElements.define("code-scanner", CodeScanner);
