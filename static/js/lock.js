// Locks a shared tablet when nobody has touched it for as long as the store allows, and tells the server while somebody
// does. The server ends the sign-in by its own clock; here the screen is cleared in time, also without a network. A page
// of captures shows plates only and is worked on without a network: it waits for one before it locks.
import { dropTicket } from "./outbox/author.js";

const TOUCHED = "clearbay-touched"; // shared by the tabs of this tablet
const NOTICE = 20000; // ms before locking in which a word is said
const PATIENCE = 10000; // ms for the server to answer before it is asked again

export function lock() {
  const idle = Number(document.body.dataset.lockAfter) * 60000;
  const form = document.querySelector("form[data-lock]");
  if (!idle || !form) return;
  const capture = "capture" in document.body.dataset;
  const began = location.href;
  let told = Date.now();
  let [asked, sent] = [0, 0];

  function since() {
    const elapsed = Date.now() - Number(localStorage.getItem(TOUCHED) ?? told);
    if (elapsed >= 0) return elapsed;
    localStorage.setItem(TOUCHED, Date.now()); // the clock of the tablet was set back: the count begins anew
    return 0;
  }

  async function here() {
    told = Date.now();
    const answer = await fetch("/here", { method: "POST" }).catch(() => null);
    if (answer?.status === 401 && !capture) out();
  }

  function touched() {
    if (document.documentElement.hasAttribute("data-locked")) return;
    if (since() >= idle) return out();
    localStorage.setItem(TOUCHED, Date.now());
    document.querySelector("[data-locks-soon]").hidden = true;
    if (Math.abs(Date.now() - told) > idle / 5) here();
  }

  async function reached() {
    if (Date.now() - asked < PATIENCE) return false;
    asked = Date.now();
    return fetch("/favicon.ico", { cache: "no-store" }).then(({ status }) => status === 204, () => false);
  }

  async function out() {
    if (capture && !(await reached())) return;
    dropTicket(); // whoever was here captures nothing more in their name; what they captured stays
    document.documentElement.toggleAttribute("data-locked", true);
    if (location.href !== began) form.elements.at.value = location.pathname + location.search;
    if (!navigator.onLine || Date.now() - sent < PATIENCE) return;
    sent = Date.now();
    form.submit();
  }

  function look() {
    const left = idle - since();
    if (left <= 0) out();
    else document.querySelector("[data-locks-soon]").hidden = left > NOTICE || (capture && !navigator.onLine);
  }

  localStorage.setItem(TOUCHED, Date.now());
  for (const sign of ["pointerdown", "keydown", "input", "wheel", "touchmove"]) {
    document.addEventListener(sign, touched, { passive: true, capture: true });
  }
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  window.addEventListener("online", () => document.documentElement.hasAttribute("data-locked") && out());
  window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}
