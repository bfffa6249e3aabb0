// A scanner that types, as those on a cable and by radio do: quick keys that end with Enter are a code, wherever on the
// page its reader is; in a field it types as anybody would.
const QUICK = 60; // ms between two keys; no hand is that fast
const LEAST = 4; // signs
const FIELDS = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]";

export function typedCodes(took) {
  let [code, at] = ["", 0];
  const hear = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches?.(FIELDS)) return;
    const quick = event.timeStamp - at < QUICK;
    if (event.key.length === 1) [code, at] = [quick ? code + event.key : event.key, event.timeStamp];
    else if (event.key === "Enter" && quick && code.length >= LEAST) {
      event.preventDefault();
      took(code);
      code = "";
    }
  };
  document.addEventListener("keydown", hear, true);
  return () => document.removeEventListener("keydown", hear, true);
}
