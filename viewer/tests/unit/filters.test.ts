import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "@/app/search";
import {
  activeFilters,
  buildQuery,
  dropFilter,
  isOnlyCrashed,
  readFilters,
  requireTag,
  toggleCrashed,
  type ListFilters,
} from "@/model/filters";
import { formatSearchText, parseSearchText } from "@/model/searchText";

const ALL =
  "?workflow=order-intake&workflow=nightly&project=shop&status=error&status=running&mode=test" +
  "&trigger=http&after=2026-11-22T10:00:00Z&before=2026-11-22T12:00:00Z&min=2000&max=60000" +
  "&q=node:charge+%22card+declined%22&starred=true";

describe("the address holds all filters", () => {
  it("they come back from it unchanged", () => {
    const filters = readFilters(parseSearch(ALL));
    expect(stringifySearch({ ...filters })).toBe(ALL);
    expect(buildQuery(filters, 0)).toEqual({
      workflowId: ["order-intake", "nightly"],
      projectId: "shop",
      status: ["error", "running"],
      mode: "test",
      trigger: "http",
      after: "2026-11-22T10:00:00Z",
      before: "2026-11-22T12:00:00Z",
      minDurationMs: 2000,
      maxDurationMs: 60000,
      q: 'node:charge "card declined"',
      timeZone: expect.any(String) as string,
      starred: true,
    });
  });

  it("what can't be read is left out", () => {
    const raw = parseSearch("?status=done&mode=x&last=2y&after=soon&min=-1&max=a&starred=no");
    expect(readFilters(raw)).toEqual({});
  });

  it("a relative range ends now and excludes times", () => {
    const filters = readFilters(parseSearch("?last=24h&after=2026-01-01T00:00:00Z"));
    expect(filters).toEqual({ last: "24h" });
    expect(buildQuery(filters, Date.parse("2026-11-22T10:00:00Z"))).toEqual({
      after: "2026-11-21T10:00:00.000Z",
    });
  });

  it("the filter that narrows most is the first to drop", () => {
    const filters = readFilters(parseSearch(ALL));
    expect(activeFilters(filters).slice(0, 3)).toEqual(["query", "duration", "trigger"]);
    expect(dropFilter(filters, "duration")).not.toHaveProperty("min");
  });
});

it("an older address that is read again has its query once", () => {
  const older = parseSearch("?text=card+declined&node=charge&q=total:>5");
  const { q } = readFilters(older);
  expect(readFilters({ ...older, q })).toEqual({ q });
});

it("older addresses with words and nodes are queries now", () => {
  expect(readFilters(parseSearch("?text=card+declined&node=charge"))).toEqual({
    q: 'node:charge "card declined"',
  });
});

const WORKFLOWS = new Set(["a", "b", "two words"]);

describe("the search box is one query, whose menus' terms are filters", () => {
  it.each([
    ["status:error", { status: ["error"] }],
    ["status:(error,running)", { status: ["error", "running"] }],
    ["workflow:(a,b)", { workflow: ["a", "b"] }],
    ['workflow:"two words"', { workflow: ["two words"] }],
    ["duration:>=2s", { min: 2000 }],
    ["duration:<=1500ms", { max: 1500 }],
    ["duration:1s..5min", { min: 1000, max: 300_000 }],
    ["is:starred", { starred: true }],
    ["trigger.type:http mode:test", { trigger: "http", mode: "test" }],
    ["status:error node:charge declined", { status: ["error"], q: "node:charge declined" }],
    ["mode:test jane@example.com", { mode: "test", q: "jane@example.com" }],
  ])("%s is read and written the same", (text, filters) => {
    expect(parseSearchText(text, WORKFLOWS)).toEqual(filters);
    expect(parseSearchText(formatSearchText(filters as ListFilters), WORKFLOWS)).toEqual(filters);
  });

  it.each([
    "http://a:80 jane@example.com 19:04 bank: no",
    "output.items[].sku:A-17",
    "status:crashed",
    "status:done declined",
    "status:error status:running",
    "status:error OR is:starred",
    "status:error NOT node:charge",
    "workflow:Unknown",
    "workflow:a*",
    "duration:>2s",
    "trigger.body:1",
    '~"declined by"',
    '"card declined"',
    "*@example.com",
    '{"sku": "A-17"}',
  ])("%s is a query", (text) => {
    expect(parseSearchText(text, WORKFLOWS)).toEqual({ q: text });
    expect(formatSearchText({ q: text })).toBe(text);
    expect(buildQuery({ q: text }, 0)).toMatchObject({ q: text });
  });

  it("a query with OR stays one beside a menu's filter", () => {
    expect(formatSearchText({ mode: "test", q: "a OR b" })).toBe("mode:test (a OR b)");
  });
});

describe("filters that are terms of the query", () => {
  it("a tag is required once, with names and values in quotation marks where needed", () => {
    const once = requireTag({ q: "charge" }, "customer", "acme-1");
    expect(once.q).toBe("charge tag.customer:acme-1");
    expect(requireTag(once, "customer", "acme-1")).toBe(once);
    expect(requireTag({}, "sales region", "eu west").q).toBe('tag."sales region":"eu west"');
  });

  it("crashed executions are required, and no longer required", () => {
    const crashed = toggleCrashed({ q: "charge", status: ["success"] });
    expect(crashed).toEqual({ q: "charge is:crashed" });
    expect(isOnlyCrashed(crashed)).toBe(true);
    expect(toggleCrashed(crashed)).toEqual({ q: "charge" });
    expect(toggleCrashed(toggleCrashed({}))).toEqual({});
  });
});
