// Loads the few rich controls a page really has, and the small behaviours that every page shares. What it imports comes
// with it (views/joined.py): the controls that most pages have are among that.
import { dialogs } from "./dialogs.js";
import { drafts } from "./drafts.js";
import "./elements/photo-field.js";
import "./elements/plate-keyboard.js";
import "./elements/running-clock.js";
import "./elements/running-total.js";
import "./elements/signature-pad.js";
import { lock } from "./lock.js";
import { outbox } from "./outbox/outbox.js";
import { palette } from "./palette.js";
import "./sheets.js";
import { shelf } from "./shelf.js";
import { waiting } from "./waiting.js";

const RICH = [
  "before-after", "claim-desk", "code-scanner", "finding-sheet", "outbox-list", "paper-check", "photo-marks", "photo-strip", "photo-viewer", "pin-pad", "tick-list", "vin-field",
  "walk-steps",
];

function enrich() {
  for (const name of RICH) {
    if (!customElements.get(name) && document.querySelector(name)) import(`./elements/${name}.js`);
  }
}

enrich();
dialogs();
palette();
waiting();
lock();
drafts();
outbox(() => import("./outbox/works.js"));
shelf();
document.addEventListener("htmx:after:swap", enrich);
