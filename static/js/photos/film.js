// A short film out of the page's camera, with its sound as it is: for a noise, a leak, play in a joint.
import { settled } from "../drafts.js";

const SIGHT = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } };
const SOUND = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }; // they would take the knocking away
const KINDS = ["video/mp4;codecs=avc1.42E01F,mp4a.40.2", "video/webm;codecs=vp9,opus", "video/webm;codecs=vp8,opus"];
const LONGEST = 15; // seconds
const RATE = 1_500_000; // bits a second

export const canFilm = () => Boolean(window.MediaRecorder && navigator.mediaDevices?.getUserMedia);

// Without the microphone it films all the same, and says so.
async function opened(dialog) {
  const silent = () => navigator.mediaDevices.getUserMedia({ video: SIGHT });
  const stream = await navigator.mediaDevices.getUserMedia({ video: SIGHT, audio: SOUND }).catch(silent);
  dialog.querySelector("[data-part=silent]").hidden = stream.getAudioTracks().length > 0;
  return stream;
}

class Filming {
  constructor(dialog, stream, done) {
    Object.assign(this, { dialog, stream, done, pieces: [] });
    this.part("act").onclick = () => (this.recorder ? this.recorder.stop() : this.begin());
    this.part("close").onclick = () => dialog.close();
    dialog.onclose = () => this.over();
    this.tell(LONGEST);
  }

  part = (name) => this.dialog.querySelector(`[data-part="${name}"]`);

  tell(left) {
    this.part("left").textContent = `${left} s`;
    this.part("act").setAttribute("aria-pressed", Boolean(this.recorder));
  }

  begin() {
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    this.recorder = new MediaRecorder(this.stream, { videoBitsPerSecond: RATE, ...(mimeType && { mimeType }) });
    this.recorder.ondataavailable = ({ data }) => this.pieces.push(data);
    this.recorder.onstop = () => {
      this.film = new Blob(this.pieces, { type: this.recorder.mimeType.split(";")[0] });
      this.dialog.close();
    };
    this.recorder.start(1000);
    let left = LONGEST;
    this.tell(left);
    this.clock = setInterval(() => { this.tell(--left); if (left <= 0) this.recorder.stop(); }, 1000);
  }

  over() {
    clearInterval(this.clock);
    for (const track of this.stream.getTracks()) track.stop();
    this.part("video").srcObject = null;
    this.done(this.film ?? null);
  }
}

// The film, or null when it was left; throws where no camera can be had.
export async function film(dialog) {
  await settled(); // what was typed lies on the disk before the camera takes the memory
  const stream = await opened(dialog);
  dialog.querySelector("video").srcObject = stream;
  dialog.showModal();
  await dialog.querySelector("video").play();
  return new Promise((done) => new Filming(dialog, stream, done));
}
