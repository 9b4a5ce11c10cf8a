import { expect, it } from "vitest";
import type { PayloadTree } from "@/api";
import { findQueries, fragmentQuery } from "@/model/findValue";

const text = (value: string, change: Partial<PayloadTree> = {}): PayloadTree => ({
  ...{ kind: "string", bytes: value.length, value },
  ...change,
});
const isList = (pointer: string) => pointer === "/items";

it("a text is found as a whole, at its path and anywhere", () => {
  expect(findQueries("output", "/items/0/sku", text("A-17"), isList)).toEqual({
    here: 'output.items[].sku:"A-17"',
    anywhere: 'any:"A-17"',
  });
});

it("names that need it get quotation marks; a number can be a name", () => {
  const { here } = findQueries("trigger", "/a.b/7/c~1d", text("x"), isList);
  expect(here).toBe('trigger."a.b".7."c/d":"x"');
});

it("a number is compared as a number, and a common value only at its path", () => {
  const number: PayloadTree = { kind: "number", bytes: 3, value: 402 };
  expect(findQueries("output", "/status", number, isList)).toEqual({
    here: "output.status:402",
    anywhere: "any:402",
  });
  const isTrue: PayloadTree = { kind: "boolean", bytes: 4, value: true };
  expect(findQueries("input", "/ok", isTrue, isList)).toEqual({
    here: "input.ok:true",
    anywhere: null,
  });
});

it("of a long text, its first line is searched for", () => {
  const { anywhere } = findQueries("output", "", text("\nDear Ada,\nhow are you"), isList);
  expect(anywhere).toBe('any:~"Dear Ada,"');
  const cut = findQueries("output", "/t", text("x".repeat(500), { cut: true }), isList);
  expect(cut.here).toBe(`output.t:~"${"x".repeat(200)}"`);
});

it("an object is searched for as JSON on one line", () => {
  expect(fragmentQuery('{\n  "a b": [1, 2],\n  "c": "x  y"\n}')).toBe('{"a b":[1,2],"c":"x  y"}');
});
