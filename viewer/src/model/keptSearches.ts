/**
 * The searches that this browser keeps: the recent ones. Earlier versions of the viewer also kept
 * the named ones here, which the history keeps now.
 */

/** A named search of an earlier version. */
export interface SavedSearch {
  readonly name: string;
  /** All filters, as the address holds them: `?status=error&q=…`. */
  readonly address: string;
}

/** All kept searches. */
export interface KeptSearches {
  /** The texts of the search box, the latest first. */
  readonly recent: readonly string[];
  /** The named searches of an earlier version, until they are moved to the history. */
  readonly saved: readonly SavedSearch[];
}

export const NO_SEARCHES: KeptSearches = { recent: [], saved: [] };

const MOST_RECENT = 8;
const MOST_CHARACTERS = 1000;

/** Put a search first among the recent searches. */
export function addRecent(kept: KeptSearches, text: string): KeptSearches {
  const added = text.trim();
  if (added === "" || added.length > MOST_CHARACTERS) return kept;
  const others = kept.recent.filter((each) => each !== added);
  return { ...kept, recent: [added, ...others].slice(0, MOST_RECENT) };
}

/** Read kept searches from the browser's storage, and leave out what can't be read. */
export function readKept(text: string | null): KeptSearches {
  const read = parse(text ?? "");
  if (typeof read !== "object" || read === null) return NO_SEARCHES;
  const { recent, saved } = read as Record<string, unknown>;
  return {
    recent: listOf(recent, (each) => typeof each === "string"),
    saved: listOf(saved, isSaved),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function listOf<Item>(value: unknown, isItem: (each: unknown) => each is Item): Item[] {
  return Array.isArray(value) ? value.filter(isItem) : [];
}

function isSaved(value: unknown): value is SavedSearch {
  if (typeof value !== "object" || value === null) return false;
  const { name, address } = value as Record<string, unknown>;
  return typeof name === "string" && typeof address === "string";
}
