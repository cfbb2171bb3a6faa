/**
 * The rows of a table in the order the reader chose. Pure.
 */

/** @import { Written } from "./types.d.ts" */

/** @typedef {{ column: string, descending: boolean } | null} Order null: as the source gives them. */

/**
 * What the next press on a column's head does: numbers begin with the largest, words with
 * the first; then the other way round; then as the source has it.
 *
 * @param {Order} order
 * @param {Written} column
 * @returns {Order}
 */
export function nextOrder(order, { name, kind }) {
  const first = kind !== "text";
  if (order?.column !== name) return { column: name, descending: first };
  return order.descending === first ? { column: name, descending: !first } : null;
}

/**
 * @param {readonly any[]} rows
 * @param {Order} order
 * @returns {any[]} What is not known comes last, either way.
 */
export function sorted(rows, order) {
  if (order === null) return [...rows];
  const { column, descending } = order;
  return [...rows].sort((a, b) => {
    const [left, right] = [a[column] ?? null, b[column] ?? null];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    const by = typeof left === "number" && typeof right === "number" ? left - right : compare(String(left), String(right));
    return descending ? -by : by;
  });
}

/** "worker 10" comes after "worker 9". */
const { compare } = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
