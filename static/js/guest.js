// The customer's page: it brings itself up to date, and sends a form without losing what was chosen. Stands alone, and
// is written for web views from Chromium 64 on; without it everything can still be read, decided and sent.
import "./guest/parts.js";
import "./elements/before-after.js";
import "./elements/photo-viewer.js";
import "./elements/running-total.js";
import "./elements/signature-pad.js";
import { choices } from "./guest/choices.js";
import { larger } from "./guest/larger.js";
import { looked } from "./guest/looked.js";
import { news } from "./guest/news.js";
import { sending } from "./guest/sending.js";

choices();
larger();
looked();
news();
sending();
