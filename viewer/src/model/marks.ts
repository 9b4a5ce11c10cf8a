/** What marks (docs/placeholders.md) and redactions (docs/redaction.md) say to people. */

import type { Json } from "../api/types";

export const MARK = "$flightlog";

/** How a mark is shown. */
export interface MarkText {
  /** `value`: a value that JSON can't hold; `missing`: something isn't there; `failed`: alarming. */
  readonly tone: "value" | "missing" | "failed";
  /** The kind in a word or two. */
  readonly label: string;
  /** The value itself, where the mark holds it as a text. */
  readonly text: string | null;
  /** What else there is to know. */
  readonly note: string | null;
}

type Members = Readonly<Record<string, Json>>;

const CONTAINERS: ReadonlySet<string> = new Set([
  ...["set", "dict", "dict_keys", "dict_values", "dict_items", "array", "ndarray"],
]);

/**
 * Describe a mark.
 *
 * @param kind Its `$flightlog`.
 * @param members The whole mark, or null where it is too large to have been sent along.
 */
export function markText(kind: string, members: Json | null): MarkText {
  const mark: Members = isObject(members) ? members : {};
  const missing = missingText(kind, mark);
  if (missing !== null) return missing;
  const note = sizeNote(mark) ?? roundedNote(mark);
  const label = labelOf(kind, mark);
  if (CONTAINERS.has(kind)) return { tone: "value", label, text: null, note };
  return { tone: "value", label, text: valueOf(kind, mark), note };
}

function missingText(kind: string, mark: Members): MarkText | null {
  const missing = (label: string, note: string | null = null, text: string | null = null) =>
    ({ tone: "missing", label, text, note }) as const;
  const { more, size, value, reason, up } = mark;
  switch (kind) {
    case "truncated":
      if (typeof more === "number") return missing(`${count(more)} more, not kept`);
      if (typeof value === "string") {
        const all = typeof size === "number" ? `of ${count(size)} characters` : null;
        return missing("truncated", all, value);
      }
      return missing("not kept", "there was no room for it");
    case "dropped":
      return missing("not kept", typeof reason === "string" ? reason : null);
    case "redaction_failed":
      return {
        tone: "failed",
        label: "removed",
        text: null,
        note: "redaction failed, so nothing was kept",
      };
    case "cycle":
      return missing("cycle", typeof up === "number" ? `the container ${levels(up)} up` : null);
    case "deep":
      return missing("not kept", "more than 100 levels deep");
    case "unset":
      return missing("unset", "a field without a value");
    case "unread":
      return missing("not read", "only the object's own code could answer");
    case "unrepresentable":
      return missing(
        "not representable",
        [text(mark.type), text(reason)].filter(Boolean).join(": "),
      );
    default:
      return null;
  }
}

function valueOf(kind: string, mark: Members): string | null {
  const { value, hex, base64, name, message, start, stop, step } = mark;
  switch (kind) {
    case "int":
      return text(hex);
    case "bytes":
      return text(mark.text) ?? text(base64);
    case "enum":
      return text(name);
    case "exception":
      return text(message) ?? (mark.args === undefined ? null : JSON.stringify(mark.args));
    case "object":
      return (
        text(value) ?? (mark.attributes === undefined ? null : JSON.stringify(mark.attributes))
      );
    case "range":
      return [start, stop, step].map((one) => JSON.stringify(one)).join(", ");
    case "stream":
      return typeof value === "string" ? value : null;
    default:
      return typeof value === "string" ? value : text(name);
  }
}

function labelOf(kind: string, mark: Members): string {
  const type = text(mark.type);
  switch (kind) {
    case "bytes":
      return text(mark.base64) === null ? "bytes" : "bytes, base64";
    case "ndarray":
    case "shaped": {
      const shape = Array.isArray(mark.shape) ? ` ${mark.shape.map(String).join("×")}` : "";
      return `${type ?? text(mark.dtype) ?? kind}${shape}`;
    }
    case "stream":
      return `stream of ${typeof mark.count === "number" ? count(mark.count) : "some"}`;
    case "enum":
    case "exception":
    case "object":
    case "numpy":
    case "file":
    case "iterator":
    case "async_iterator":
      return type ?? kind;
    default:
      return kind.replaceAll("_", " ");
  }
}

function sizeNote(mark: Members): string | null {
  const { size, digits, kept, complete } = mark;
  if (typeof size === "number") return `truncated, of ${count(size)} characters or bytes`;
  if (typeof digits === "number") return `truncated, of ${count(digits)} digits`;
  if (typeof kept === "number") return `${count(kept)} of them kept`;
  return complete === false ? "not complete" : null;
}

function roundedNote(mark: Members): string | null {
  return mark.rounded === true ? "rounded" : null;
}

/** A text parted at its redactions; `null` parts stand for what can't be shown. */
export type TextPart =
  | { readonly kind: "text"; readonly text: string }
  /** `hash` tells equal secrets apart from others; null where redaction failed. */
  | { readonly kind: "redacted"; readonly hash: string | null };

const REDACTION = /\[REDACTED:([0-9a-f]{4,64})\]|\[REDACTION FAILED\]/g;

/** Part a text at what was redacted in it. */
export function textParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const found of text.matchAll(REDACTION)) {
    if (found.index > end) parts.push({ kind: "text", text: text.slice(end, found.index) });
    parts.push({ kind: "redacted", hash: found[1] ?? null });
    end = found.index + found[0].length;
  }
  if (end < text.length || parts.length === 0) parts.push({ kind: "text", text: text.slice(end) });
  return parts;
}

const MARK_IN_JSON = /\{"\$flightlog":"([^"\\]*)"[^{}]*(?:\}|…$)/g;

/** The beginning of a container's JSON, for a line: marks in it are told by their kind. */
export function previewText(json: string): string {
  return json.replace(MARK_IN_JSON, (_, kind: string) => `‹${kind.replaceAll("_", " ")}›`);
}

function levels(up: number): string {
  return up === 1 ? "one level" : `${count(up)} levels`;
}

function count(number: number): string {
  return number.toLocaleString("en");
}

function text(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function isObject(value: Json | null): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
