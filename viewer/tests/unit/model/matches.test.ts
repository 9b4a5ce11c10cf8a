import { expect, it } from "vitest";
import type { QueryMatch } from "@/api";
import { matchAddress, openingAddress, readPlace, splitSnippet } from "@/model/matches";

const match = (change: Partial<QueryMatch>): QueryMatch => ({
  ...{ node: "Charge", path: "output.status", snippet: "402", highlights: [[0, 3]] },
  ...change,
});

it("a match in a payload opens the payload at the match", () => {
  const found = match({ sequence: 2, pointer: "/status" });
  expect(matchAddress(found)).toEqual({ node: 2, at: "output/status" });
  expect(openingAddress({ matches: [found] })).toEqual({ node: 2, at: "output/status" });
  expect(matchAddress(match({ node: null, path: "trigger.body", pointer: "/body" }))).toEqual({
    node: "trigger",
    at: "trigger/body",
  });
});

it("a match elsewhere opens the node execution, or the execution", () => {
  expect(matchAddress(match({ sequence: 0, path: "error" }))).toEqual({ node: 0 });
  expect(matchAddress(match({ sequence: 1, path: "logs[0].message", pointer: "/0" }))).toEqual({
    node: 1,
  });
  expect(matchAddress(match({ node: null, path: "tag.customer" }))).toEqual({});
  expect(openingAddress({})).toEqual({});
});

it("a place is read from an address", () => {
  expect(readPlace("output/items/0")).toEqual({ of: "output", pointer: "/items/0" });
  expect(readPlace("trigger")).toEqual({ of: "trigger", pointer: "" });
  expect(readPlace("outputs/x")).toBeUndefined();
  expect(readPlace(3)).toBeUndefined();
});

it("a snippet is split into found parts and others", () => {
  expect(
    splitSnippet({
      snippet: "a bc d",
      highlights: [
        [2, 4],
        [3, 5],
        [5, 6],
      ],
    }),
  ).toEqual([
    { text: "a ", isFound: false },
    { text: "bc", isFound: true },
    { text: " ", isFound: false },
    { text: "d", isFound: true },
  ]);
});
