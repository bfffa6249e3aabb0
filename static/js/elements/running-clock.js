// Hours and minutes since an instant, moving on by itself.

class RunningClock extends HTMLElement {
  connectedCallback() {
    this.tick();
    this.timer = setInterval(() => this.tick(), 5000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  tick() {
    const since = Date.parse(this.getAttribute("since"));
    if (Number.isNaN(since)) return;
    const minutes = Math.max(0, Math.floor((Date.now() - since) / 60000));
    this.textContent = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  }
}

customElements.define("running-clock", RunningClock);
