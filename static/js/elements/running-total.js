// Adds up what is approved in a form while the customer decides: the sum and how many lines have an answer.

class RunningTotal extends HTMLElement {
  connectedCallback() {
    this.form = document.getElementById(this.dataset.of);
    if (!this.form) return;
    this.ears = new AbortController();
    const { signal } = this.ears;
    for (const kind of ["change", "input", "restored"]) this.form.addEventListener(kind, () => this.sum(), { signal });
    this.form.addEventListener("reset", () => setTimeout(() => this.sum()), { signal });
    this.sum();
    this.hidden = false;
  }

  disconnectedCallback() {
    if (this.ears) this.ears.abort();
  }

  sum() {
    const chosen = [...this.form.querySelectorAll("input[type=radio]:checked")];
    const lines = new Set([...this.form.querySelectorAll("input[type=radio][data-fen]")].map((one) => one.name));
    const fen = chosen.reduce((sum, one) => sum + Number(one.dataset.fen || 0), 0);
    this.querySelector("[data-sum]").textContent = `¥${(fen / 100).toLocaleString("en", { minimumFractionDigits: 2 })}`;
    this.querySelector("[data-count]").textContent = `${chosen.filter((one) => lines.has(one.name)).length}/${lines.size}`;
  }
}

customElements.define("running-total", RunningTotal);
