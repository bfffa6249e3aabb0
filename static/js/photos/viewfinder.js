// The camera over the whole page: an outline to aim at, one button, and the next corner by itself.
import { settled } from "../drafts.js";
import { frame, warm } from "./shrink.js";
import { held } from "./tile.js";

const WISHED = { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1440 } };

class Viewfinder {
  constructor(dialog) {
    this.dialog = dialog;
    this.video = this.part("video");
    const acts = { shutter: () => this.shoot(), skip: () => this.next(this.at + 1), close: () => this.close(), last: () => this.show(this.before), light: () => this.light() };
    for (const [name, act] of Object.entries(acts)) this.part(name).addEventListener("click", act);
    dialog.addEventListener("close", () => this.stop());
  }

  part = (name) => this.dialog.querySelector(`[data-part="${name}"]`);

  // steps: [{word, aim}]; taken(at) tells whether a step has its photo; `shot(at, coming)` gets each new one, as a promise.
  async open(steps, at, { taken = () => false, shot }) {
    Object.assign(this, { steps, taken, shot, before: at });
    warm();
    await settled(); // what was typed lies on the disk before the camera takes the memory
    this.stream = await navigator.mediaDevices.getUserMedia({ video: WISHED });
    this.track = this.stream.getVideoTracks()[0];
    this.video.srcObject = this.stream;
    this.dialog.showModal();
    this.part("light").hidden = !this.track.getCapabilities?.().torch;
    this.part("last").replaceChildren();
    this.show(at);
    await this.video.play();
  }

  // A single photo, as a JPEG.
  one(step) {
    return new Promise((done, failed) => {
      this.open([step], 0, { taken: () => true, shot: (_, coming) => done(coming) }).catch(failed);
    });
  }

  show(at) {
    this.at = at;
    this.part("word").textContent = this.steps[at].word;
    this.part("aim").toggleAttribute("hidden", !this.steps[at].aim);
    this.part("aim").firstElementChild.setAttribute("d", this.steps[at].aim ?? "");
  }

  next(from) {
    const open = this.steps.findIndex((_, at) => at >= from && !this.taken(at));
    if (open < 0) this.close();
    else this.show(open);
  }

  shoot() {
    if (!this.video.videoWidth) return;
    const coming = frame(this.video);
    this.before = this.at;
    this.dialog.dataset.flash = this.dialog.dataset.flash === "a" ? "b" : "a";
    this.shot(this.at, coming);
    coming.then((blob) => held(this.part("last"), blob), () => {}); // whoever gets the photo tells the trouble
    this.next(this.at + 1);
  }

  async light() {
    this.lit = !this.lit;
    await this.track.applyConstraints({ advanced: [{ torch: this.lit }] });
    this.part("light").setAttribute("aria-pressed", this.lit);
  }

  close = () => this.dialog.close();

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.video.srcObject = this.stream = this.lit = null;
  }
}

// One for each dialog, whoever opens it: two would both take the photo.
export const viewfinder = (dialog) => (dialog.viewfinder ??= new Viewfinder(dialog));
