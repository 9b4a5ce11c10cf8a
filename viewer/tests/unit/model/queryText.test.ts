import { describe, expect, it } from "vitest";
import {
  findTerm,
  hasTerm,
  isCompound,
  isUnfinished,
  joinQueries,
  quoteValue,
  readsPayloads,
  readTerms,
  readTokens,
  withoutTerm,
} from "@/model/queryText";

const kinds = (text: string) => readTokens(text).map((token) => `${token.kind} ${token.text}`);

describe("a query's text in parts", () => {
  it.each([
    ["status:error timeout", ["field status:", "value error", "word timeout"]],
    ["duration:>=2s", ["field duration:", "operator >=", "value 2s"]],
    ["output.items[].sku:A-17", ["field output.items[].sku:", "value A-17"]],
    ['output."a.b".c:402', ['field output."a.b".c:', "literal 402"]],
    ['error:~"timed out"', ["field error:", "operator ~", 'quoted "timed out"']],
    ["a OR NOT (b)", ["word a", "keyword OR", "keyword NOT", "bracket (", "word b", "bracket )"]],
    [
      "status:(error, running)",
      [
        ...["field status:", "bracket (", "value error", "operator ,"],
        ...["value running", "bracket )"],
      ],
    ],
    ['{"sku": "A-17"} x', ['json {"sku": "A-17"}', "word x"]],
    ['"sku": "A-17", x', ['json "sku": "A-17",', "word x"]],
    ["workflow:/orders", ["field workflow:", "value /orders"]],
  ])("%s", (text, expected) => {
    expect(kinds(text)).toEqual(expected);
  });

  it.each([
    "https://a.example:80/x?y=1",
    "localhost:3000",
    "api.example.com:443",
    "19:04",
    "bank: no",
    "jane@example.com",
    "C:\\temp",
    "urn:isbn:1",
  ])("%s is pasted text, without a field", (text) => {
    expect(readTerms(text).every((term) => term.field === null)).toBe(true);
  });

  it.each(["", ")", "(((", "a)b", '"', "a:(", "a:(b", "{", "[1", "NOT", "~", ":", 'x:"'])(
    "never fails, and loses no character: %s",
    (text) => {
      const tokens = readTokens(text);
      expect(tokens.map((token) => token.text).join("")).toBe(text.replaceAll(/\s/g, ""));
      tokens.forEach((token) => expect(text.slice(token.start, token.end)).toBe(token.text));
    },
  );

  it("a term is found at its ends and within, not beside", () => {
    expect(findTerm("a status:error", 14)).toMatchObject({ field: "status", test: "error" });
    expect(findTerm("a  b", 2)).toBeUndefined();
  });
});

describe("what a query is", () => {
  it("compound with operators and groups, not with lists or quoted words", () => {
    expect(["a OR b", "NOT a", "(a)", "a AND b"].every(isCompound)).toBe(true);
    expect(["a b", "status:(error,running)", '"a OR b"', "f(x)"].some(isCompound)).toBe(false);
  });

  it("unfinished while a value or an end is missing", () => {
    const open = ["status:", "a OR", "(a", '"a b', "a NOT", "status:(error", "duration:>"];
    expect(open.filter((text) => !isUnfinished(text))).toEqual([]);
    expect(["a", 'x:"a"', "(a)", "", "status:error"].filter(isUnfinished)).toEqual([]);
  });

  it("reads payloads for words and paths, not for columns", () => {
    expect(["x", "output.a:1", "any.b:2", '{"a":1}', "trigger.body:1"].every(readsPayloads)).toBe(
      true,
    );
    expect(["status:error", "trigger.type:http", "duration:>1s"].some(readsPayloads)).toBe(false);
  });
});

describe("changes of a query", () => {
  it("joined queries all apply", () => {
    expect(joinQueries("a OR b", undefined, "c")).toBe("(a OR b) c");
    expect(joinQueries("a OR b")).toBe("a OR b");
    expect(joinQueries("x OR f(", "c")).toBe("(x OR f( ) c");
    expect(joinQueries(undefined, " ")).toBeUndefined();
  });

  it("a term is found and removed where it is required", () => {
    expect(hasTerm("a node:Charge b", "node:Charge")).toBe(true);
    expect(hasTerm("a OR node:Charge", "node:Charge")).toBe(false);
    expect(withoutTerm("a node:Charge b", "node:Charge")).toBe("a b");
    expect(withoutTerm("node:Charge", "node:Charge")).toBeUndefined();
    expect(withoutTerm("a OR node:Charge", "node:Charge")).toBe("a OR node:Charge");
  });

  it("values get quotation marks where they need them", () => {
    expect(["charge", "a.b@c", "Größe"].map(quoteValue)).toEqual(["charge", "a.b@c", "Größe"]);
    expect(["a b", "a*", "402", "true", "OR", 'a"b', "1..2"].map(quoteValue)).toEqual([
      ...['"a b"', '"a*"', '"402"', '"true"', '"OR"', '"a\\"b"', '"1..2"'],
    ]);
  });
});
