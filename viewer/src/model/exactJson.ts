/**
 * Reads JSON and keeps its numbers as they were written, in browsers that support `JSON.rawJSON`.
 */

import type { Json } from "../api/types";

interface RawJson {
  readonly rawJSON: string;
}
interface ExactJSON {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
  ): unknown;
  rawJSON?: (text: string) => RawJson;
  isRawJSON?: (value: unknown) => value is RawJson;
}

/**
 * Parse JSON that will be written again: a number that JavaScript would round is kept as its text.
 * The result is for `JSON.stringify` and for reading objects, lists and texts, not for arithmetic.
 */
export function parseExact(text: string): Json {
  const exact: ExactJSON = JSON;
  const raw = exact.rawJSON;
  if (raw === undefined) return exact.parse(text, (_, value) => value) as Json;
  return exact.parse(text, (_, value, context) => {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined) return value;
    return JSON.stringify(value) === source ? value : raw.call(JSON, source);
  }) as Json;
}

/** Return a number of a value read by `parseExact` as it was written; null for any other value. */
export function numberText(value: Json): string | null {
  if (typeof value === "number") return JSON.stringify(value);
  const exact: ExactJSON = JSON;
  return exact.isRawJSON?.(value) === true ? JSON.stringify(value) : null;
}
