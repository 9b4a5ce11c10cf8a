/** JSON with its numbers as they were written, where the browser can tell them. */

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
 * Parse JSON for being written again: a number that JavaScript would round is kept as its text. What
 * comes out is for `JSON.stringify` and for looking at objects, lists and texts, not for arithmetic.
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

/** A number as it was written, of a value that `parseExact` has read; null for anything else. */
export function numberText(value: Json): string | null {
  if (typeof value === "number") return JSON.stringify(value);
  const exact: ExactJSON = JSON;
  return exact.isRawJSON?.(value) === true ? JSON.stringify(value) : null;
}
