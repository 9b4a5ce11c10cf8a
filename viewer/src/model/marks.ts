/**
 * Describes marks (docs/reference/placeholders.md) and redactions (docs/record/redaction.md) for
 * people.
 */

import { texts } from "@/texts";
import { formatCount } from "./format";
import type { Json } from "../api/types";

/** The first member of every mark. */
export const MARK = "$flightlog";

/** How a mark is shown. */
export interface MarkText {
  /**
   * `value`: a value that JSON can't hold; `missing`: data that isn't there; `failed`: an alarming
   * failure.
   */
  readonly tone: "value" | "missing" | "failed";
  /** The kind in a word or two. */
  readonly label: string;
  /** The value itself, if the mark holds the value as a text. */
  readonly text: string | null;
  /** Any further facts. */
  readonly note: string | null;
}

type Members = Readonly<Record<string, Json>>;

const CONTAINERS: ReadonlySet<string> = new Set([
  ...["set", "dict", "dict_keys", "dict_values", "dict_items", "array", "ndarray"],
]);

/**
 * Describe a mark.
 *
 * @param kind The value of the mark's `$flightlog` member.
 * @param members The whole mark, or null if the mark is too large to have been sent along.
 */
export function markText(kind: string, members: Json | null): MarkText {
  const mark: Members = isObject(members) ? members : {};
  const missing = missingText(kind, mark);
  if (missing !== null) return missing;
  const note = sizeNote(mark) ?? roundedNote(mark);
  const label = getLabel(kind, mark);
  if (CONTAINERS.has(kind)) return { tone: "value", label, text: null, note };
  return { tone: "value", label, text: getValue(kind, mark), note };
}

function missingText(kind: string, mark: Members): MarkText | null {
  const words = texts.placeholder;
  const missing = (label: string, note: string | null = null, text: string | null = null) =>
    ({ tone: "missing", label, text, note }) as const;
  const { more, size, value, reason, up } = mark;
  switch (kind) {
    case "truncated":
      if (typeof more === "number") return missing(words.more(formatCount(more)));
      if (typeof value === "string") {
        const all = typeof size === "number" ? words.ofCharacters(formatCount(size)) : null;
        return missing(words.truncated, all, value);
      }
      return missing(words.notKept, words.noSpace);
    case "dropped":
      return missing(words.notKept, typeof reason === "string" ? reason : null);
    case "redaction_failed":
      return {
        tone: "failed",
        label: words.removed,
        text: null,
        note: words.redactionFailed,
      };
    case "cycle":
      return missing(words.cycle, typeof up === "number" ? words.containerUp(up) : null);
    case "deep":
      return missing(words.notKept, words.deep);
    case "unset":
      return missing(words.unset, words.unsetNote);
    case "unread":
      return missing(words.unread, words.unreadNote);
    case "unrepresentable":
      return missing(
        words.notRepresentable,
        [text(mark.type), text(reason)].filter(Boolean).join(": "),
      );
    default:
      return null;
  }
}

function getValue(kind: string, mark: Members): string | null {
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

function getLabel(kind: string, mark: Members): string {
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
      return texts.placeholder.streamOf(
        typeof mark.count === "number" ? formatCount(mark.count) : null,
      );
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
  const words = texts.placeholder;
  if (typeof size === "number") return words.truncatedOf(formatCount(size));
  if (typeof digits === "number") return words.truncatedDigits(formatCount(digits));
  if (typeof kept === "number") return words.kept(formatCount(kept));
  return complete === false ? words.incomplete : null;
}

function roundedNote(mark: Members): string | null {
  return mark.rounded === true ? texts.placeholder.rounded : null;
}

/** A part of a text that is split at its redactions. */
export type TextPart =
  | { readonly kind: "text"; readonly text: string }
  /**
   * `hash` distinguishes different secrets; equal secrets have equal hashes. `hash` is null if
   * redaction failed.
   */
  | { readonly kind: "redacted"; readonly hash: string | null };

const REDACTION = /\[REDACTED:([0-9a-f]{4,64})\]|\[REDACTION FAILED\]/g;

/** Split a text at its redactions. */
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

/** Shorten marks to their kind in the beginning of a container's JSON, for a single line. */
export function previewText(json: string): string {
  return json.replace(MARK_IN_JSON, (_, kind: string) => `‹${kind.replaceAll("_", " ")}›`);
}

function text(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function isObject(value: Json | null): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
