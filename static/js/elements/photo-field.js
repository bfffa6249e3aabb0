// Shows the chosen photographs at once, before anything is sent; sends them where one tap is all there is to it.

class PhotoField extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=file]");
    this.output = this.querySelector("output");
    this.input.addEventListener("change", () => {
      this.show();
      if ("goes" in this.dataset && this.input.files.length) this.input.form.requestSubmit();
    });
  }

  show() {
    for (const old of this.output.querySelectorAll("img")) URL.revokeObjectURL(old.src);
    const frames = [...this.input.files].filter((file) => file.type.startsWith("image/")).map((file) => {
      const frame = document.createElement("span");
      const picture = document.createElement("img");
      frame.className = "thumb";
      picture.src = URL.createObjectURL(file);
      picture.alt = file.name;
      frame.append(picture);
      return frame;
    });
    this.output.replaceChildren(...frames);
  }
}

customElements.define("photo-field", PhotoField);
