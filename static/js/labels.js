// What a label says where no server can be asked: {kind, store, code}. Bare words are a part's number; another code is none.
// Its check is left to the server, which hears of every claim.
export function readLabel(text) {
  const words = text.trim();
  if (/^.{0,8}:\/\//.test(words)) return {};
  const [version, kind, store, ...rest] = words.split(":");
  if (!/^CB\d$/i.test(version) || rest.length < 2) return { kind: "P", store: "", code: words.replace(/\s/g, "") };
  return { kind: kind.toUpperCase(), store: store.toUpperCase(), code: rest.slice(0, -1).join(":") };
}

// The number of a part that a label names, and the lot if it names one.
export function partOf({ kind, code }) {
  if (kind !== "L") return [code.toUpperCase(), null];
  const cut = code.lastIndexOf("/");
  return [code.slice(0, cut).toUpperCase(), code.slice(cut + 1)];
}
