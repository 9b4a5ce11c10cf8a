import { expect, it } from "vitest";
import type { ListFilters } from "@/model/filters";
import { formatSavedQuery, readSavedQuery } from "@/model/savedQueries";

const IDS = new Set(["orders", "late sync"]);

const SAVED: [ListFilters, string][] = [
  [{}, ""],
  [{ q: "declined", last: "7d", status: ["error"] }, "status:error declined after:-7d"],
  [
    { workflow: ["late sync"], project: "shop eu", min: 2000, starred: true },
    'workflow:"late sync" duration:>=2s is:starred project:"shop eu"',
  ],
  [
    { after: "2026-11-22T19:04:00.000Z", before: "2026-11-23T00:00:00.000Z" },
    'after:"2026-11-22T19:04:00.000Z" before:"2026-11-23T00:00:00.000Z"',
  ],
  [{ q: '"say \\"hi\\" 7021" output.n:>5' }, '"say \\"hi\\" 7021" output.n:>5'],
];

it.each(SAVED)("%j is saved as %s, and read again", (filters, query) => {
  expect(formatSavedQuery(filters)).toBe(query);
  expect(readSavedQuery(query, IDS)).toEqual(filters);
});

it("a search with OR keeps its meaning beside a range, as one query", () => {
  const query = formatSavedQuery({ q: "a OR b", last: "24h" });
  expect(query).toBe("(a OR b) after:-24h");
  expect(readSavedQuery(query)).toEqual({ q: query });
});

it.each(["after:-3d", "after:2026-11", "project:a*", "after:-7d after:-1h", "project:(a,b)"])(
  "%s stays a term of the query, because no menu means the same",
  (query) => {
    expect(readSavedQuery(query)).toEqual({ q: query });
  },
);

it("a range that ends in the past stays within the query", () => {
  const query = 'after:-7d before:"2026-11-23T00:00:00.000Z"';
  expect(readSavedQuery(query)).toEqual({ q: query });
});
