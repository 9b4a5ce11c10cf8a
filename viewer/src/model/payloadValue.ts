/**
 * Converts a value within a payload, from its page, its preview, or a search result, for one line.
 */

import type { Json, PayloadChild, PayloadMatch, PayloadTree, ValueKind } from "../api/types";
import { numberText } from "./exactJson";
import { MARK } from "./marks";

/** The part of a value that one line can show. */
export interface Shown {
  readonly kind: ValueKind;
  /**
   * A text's own characters, a scalar as it was written, or the beginning of a container's JSON.
   */
  readonly text: string;
  /** Whether the value is longer than `text`. */
  readonly isCut: boolean;
  /** The mark's kind and members. `members` is null if the mark is too large for a line. */
  readonly mark: { readonly kind: string; readonly members: Json | null } | null;
}

/** Any record from the server that describes a value. */
export type Described = PayloadChild | PayloadTree | PayloadMatch;

const CUT = "…";
const MARK_KIND = /^\{"\$flightlog":"((?:[^"\\]|\\.)*)"/;

/** Read a value from the server's record of the value. */
export function shown(value: Described): Shown {
  return "preview" in value ? fromPreview(value) : fromTree(value);
}

function fromTree({ kind, value, cut }: PayloadTree): Shown {
  const isCut = cut === true;
  if (kind === "string")
    return { kind, text: typeof value === "string" ? value : "", isCut, mark: null };
  if (kind === "mark") {
    const members = value ?? null;
    const kindName = isMark(members) ? members[MARK] : "unknown";
    return { kind, text: "", isCut: members === null, mark: { kind: kindName, members } };
  }
  const text = value === undefined ? "" : (numberText(value) ?? JSON.stringify(value));
  return { kind, text, isCut, mark: null };
}

function fromPreview({ kind, preview }: PayloadChild | PayloadMatch): Shown {
  switch (kind) {
    case "string": {
      const whole = parsed(preview);
      if (typeof whole === "string") return { kind, text: whole, isCut: false, mark: null };
      return { kind, text: beginning(preview), isCut: true, mark: null };
    }
    case "mark": {
      const members = parsed(preview) ?? null;
      const kindName = MARK_KIND.exec(preview)?.[1] ?? "unknown";
      return { kind, text: "", isCut: members === null, mark: { kind: kindName, members } };
    }
    default:
      return { kind, text: preview, isCut: preview.endsWith(CUT), mark: null };
  }
}

/** Return the characters of a text whose JSON was cut, without an escape that was cut in two. */
function beginning(preview: string): string {
  const body = preview.replace(/^"/, "").replace(/…$/, "");
  const whole = body.replace(/\\(?:u[0-9a-fA-F]{0,3})?$/, "");
  const text = parsed(`"${whole}"`);
  return typeof text === "string" ? text : whole;
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function isMark(value: Json): value is { [key: string]: Json; [MARK]: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    typeof value[MARK] === "string"
  );
}
