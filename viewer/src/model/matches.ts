/** The places at which an execution matches a query, as rows show them and as pages open them. */
import type { QueryMatch, Summary } from "../api/types";

/** The part of an execution's address that opens a value of a payload. */
export interface MatchAddress {
  node?: number | "trigger";
  /** The payload and the value's JSON pointer, e.g. `output/items/0/sku`. */
  at?: string;
}

/** A payload of a node execution or of the trigger, and a place in the payload. */
export interface PayloadPlace {
  readonly of: "trigger" | "input" | "output";
  readonly pointer: string;
}

/** A part of a snippet. */
export interface SnippetPart {
  readonly text: string;
  readonly isFound: boolean;
}

const PLACE = /^(trigger|input|output)((?:\/.*)?)$/s;

/** Return the address that opens the payload at a match, or the node execution that matches. */
export function matchAddress(match: QueryMatch): MatchAddress {
  const of = /^(?:trigger|input|output)(?![\w])/.exec(match.path)?.[0];
  const node = of === "trigger" ? of : match.sequence;
  const isPlace = of !== undefined && match.pointer !== undefined && node !== undefined;
  return {
    ...(node !== undefined && { node }),
    ...(isPlace && { at: `${of}${match.pointer}` }),
  };
}

/** Return the address that opens an execution at its first match. */
export function openingAddress({ matches }: Pick<Summary, "matches">): MatchAddress {
  const [first] = matches ?? [];
  return first === undefined ? {} : matchAddress(first);
}

/** Read a place in an address; undefined for other texts. */
export function readPlace(text: unknown): PayloadPlace | undefined {
  const found = typeof text === "string" ? PLACE.exec(text) : null;
  if (found === null) return undefined;
  return { of: found[1] as PayloadPlace["of"], pointer: found[2] ?? "" };
}

/** Divide a snippet into its found and its other parts. */
export function splitSnippet({
  snippet,
  highlights,
}: Pick<QueryMatch, "snippet" | "highlights">): SnippetPart[] {
  const parts: SnippetPart[] = [];
  let at = 0;
  for (const [start, end] of highlights) {
    if (start < at || end <= start) continue;
    if (start > at) parts.push({ text: snippet.slice(at, start), isFound: false });
    parts.push({ text: snippet.slice(start, end), isFound: true });
    at = end;
  }
  if (at < snippet.length) parts.push({ text: snippet.slice(at), isFound: false });
  return parts;
}
