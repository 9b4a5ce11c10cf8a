/**
 * A location's search parameters as plain texts. A repeated name, as in
 * `status=error&status=running`, makes a list.
 */
export type RawSearch = Record<string, string | string[]>;

/** Parse the query text of an address. */
export function parseSearch(text: string): RawSearch {
  const raw: RawSearch = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = raw[name];
    raw[name] =
      before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return raw;
}

/** Write search parameters as query text. Undefined, null, false and empty values are left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value === undefined || value === null || value === false || value === "") continue;
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      query.append(name, String(item));
    }
  }
  // Keep commas and colons unescaped: both are legal in a query, and make times easier to read.
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}

/** Return a parameter as a text; undefined for an empty or other value. */
export function readText(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" && first !== "" ? first : undefined;
}

/** Return a parameter as a list of its texts that are not empty. */
export function readTexts(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((item): item is string => typeof item === "string" && item !== "");
}

/** Return a parameter as a number; undefined for an empty or invalid value. */
export function readNumber(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (first === undefined || first === "") return undefined;
  const number = Number(first);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}
