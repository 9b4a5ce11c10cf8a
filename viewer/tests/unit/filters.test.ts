import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "@/app/search";
import { activeFilters, dropFilter, isCountable, queryOf, readFilters } from "@/model/filters";
import { formatSearchText, parseSearchText } from "@/model/searchText";

const ALL =
  "?workflow=order-intake&workflow=nightly&project=shop&status=error&status=running&mode=test" +
  "&trigger=http&after=2026-11-22T10:00:00Z&before=2026-11-22T12:00:00Z&min=2000&max=60000" +
  "&node=charge&text=card+declined&starred=true";

describe("the address holds all filters", () => {
  it("they come back from it unchanged", () => {
    const filters = readFilters(parseSearch(ALL));
    expect(stringifySearch({ ...filters })).toBe(ALL);
    expect(queryOf(filters, 0)).toEqual({
      workflowId: ["order-intake", "nightly"],
      projectId: "shop",
      status: ["error", "running"],
      mode: "test",
      trigger: "http",
      after: "2026-11-22T10:00:00Z",
      before: "2026-11-22T12:00:00Z",
      minDurationMs: 2000,
      maxDurationMs: 60000,
      nodeId: "charge",
      text: "card declined",
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
    expect(queryOf(filters, Date.parse("2026-11-22T10:00:00Z"))).toEqual({
      after: "2026-11-21T10:00:00.000Z",
    });
  });

  it("counts know scope and status, and nothing else", () => {
    expect(isCountable({ workflow: ["a"], status: ["error"], last: "7d" })).toBe(true);
    expect(isCountable({ text: "a" })).toBe(false);
  });

  it("the filter that narrows most is the first to drop", () => {
    const filters = readFilters(parseSearch(ALL));
    expect(activeFilters(filters).slice(0, 3)).toEqual(["text", "node", "duration"]);
    expect(dropFilter(filters, "duration")).not.toHaveProperty("min");
  });
});

describe("the search box is the filters as text", () => {
  it.each([
    ["status:error", { status: ["error"] }],
    ["workflow:a workflow:b", { workflow: ["a", "b"] }],
    ['workflow:"two words"', { workflow: ["two words"] }],
    ["node:charge declined", { node: "charge", text: "declined" }],
    ["duration:>2s", { min: 2000 }],
    ["duration:<1500ms", { max: 1500 }],
    ["duration:1s..5min", { min: 1000, max: 300_000 }],
    ["is:starred", { starred: true }],
    ["trigger:http mode:test", { trigger: "http", mode: "test" }],
  ])("%s is read and written the same", (text, filters) => {
    expect(parseSearchText(text)).toEqual(filters);
    expect(parseSearchText(formatSearchText(parseSearchText(text)))).toEqual(filters);
  });

  it("an unknown token is text", () => {
    expect(parseSearchText("status:done http://a:80 duration:fast")).toEqual({
      text: "status:done http://a:80 duration:fast",
    });
  });
});
