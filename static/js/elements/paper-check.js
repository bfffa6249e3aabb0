// Compares a chosen or dropped PDF with the sealed hashes right here: the file does not leave the device. Where the
// browser cannot (no HTTPS, no script), the button sends it to the server, which compares and forgets it.

class PaperCheck extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=file]");
    if (!this.input || !globalThis.crypto?.subtle) return;
    this.ears = new AbortController();
    this.input.addEventListener("change", () => this.compare(), { signal: this.ears.signal });
    this.show("");
  }

  disconnectedCallback() {
    if (this.ears) this.ears.abort();
  }

  show(result) {
    for (const said of this.querySelectorAll("[data-result]")) said.hidden = said.dataset.result !== result;
    for (const way of this.querySelectorAll("[data-at-server]")) way.hidden = result !== "unread";
  }

  async compare() {
    const [file] = this.input.files;
    if (!file) return this.show("");
    try {
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
      const told = Array.from(hash, (one) => one.toString(16).padStart(2, "0")).join("");
      this.show(this.dataset.hashes.split(" ").includes(told) ? "same" : "other");
    } catch {
      this.show("unread");
    }
  }
}

customElements.define("paper-check", PaperCheck);
