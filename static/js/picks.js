// Which row of the pick list a scanned label means, for one who takes so many pieces; or in a word why none.
import { partOf } from "./labels.js";

export const left = (row) => Number(row.dataset.left);
const has = (row, name, one) => row.dataset[name].split(" ").includes(one);

export function meant(rows, label, taker, pieces) {
  const [sku, lot] = partOf(label);
  const there = rows.filter((row) => (label.kind === "B" ? has(row, "bins", label.code) : row.dataset.sku === sku));
  const mine = there.filter((row) => has(row, "hands", taker));
  const open = mine.filter((row) => left(row) > 0);
  if (new Set(open.map((row) => row.dataset.sku)).size > 1) return { why: "several" };
  const row = open.find((one) => left(one) >= pieces) ?? open[0];
  if (!row) return { why: mine.length ? "done" : there.length ? "others" : "wrong" };
  if (left(row) < pieces) return { row, why: "many" };
  return { row, why: lot !== null && row.dataset.lot && lot !== row.dataset.lot ? "lot" : null };
}
