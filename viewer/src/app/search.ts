/** A location's search as plain texts; `status=error&status=running` is a list. */
export type RawSearch = Record<string, string | string[]>;

export function parseSearch(text: string): RawSearch {
  const raw: RawSearch = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = raw[name];
    raw[name] =
      before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return raw;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value === undefined || value === null || value === false || value === "") continue;
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      query.append(name, String(item));
    }
  }
  // Commas and colons are legal in a query, and times read better with them.
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}

export function textOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" && first !== "" ? first : undefined;
}

export function textsOf(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((item): item is string => typeof item === "string" && item !== "");
}

export function numberOf(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (first === undefined || first === "") return undefined;
  const number = Number(first);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}
