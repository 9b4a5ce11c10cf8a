import { describe, expect, it } from "vitest";
import type { PayloadChild, PayloadTree } from "@/api";
import { imageIn, isMarkdown } from "@/model/content";
import { markText, textParts } from "@/model/marks";
import { EMPTY_TREE, reduceTree, treeRows, type TreeState } from "@/model/payloadTree";
import { shown } from "@/model/payloadValue";
import {
  childPointer,
  parentPointer,
  readableName,
  readablePath,
  splitSteps,
  waysTo,
} from "@/model/pointers";

const number = (key: number): PayloadChild => ({ key, kind: "number", bytes: 1, preview: "1" });
const makePage = (from: number, length: number, count: number): PayloadTree => ({
  kind: "array",
  bytes: 9,
  count,
  children: Array.from({ length }, (_, index) => number(from + index)),
  ...(from + length < count && { nextOffset: from + length }),
});
const load = (state: TreeState, pointer: string, from: number, page: PayloadTree) =>
  reduceTree(state, { type: "loaded", pointer, from, page });

describe("the tree of a payload", () => {
  it("pages a long list, and begins anew where one jumps", () => {
    let state = load(EMPTY_TREE, "", 0, makePage(0, 100, 1000));
    expect(treeRows(state).at(-1)).toMatchObject({ kind: "pager", side: "after" });
    state = load(state, "", 100, makePage(100, 100, 1000));
    expect(treeRows(state)).toHaveLength(201);
    state = load(state, "", 900, makePage(900, 100, 1000));
    const rows = treeRows(state);
    expect(rows[0]).toMatchObject({ kind: "pager", side: "before" });
    expect(rows.at(-1)).toMatchObject({ kind: "value", pointer: "/999" });
  });

  it("holds a window of a list, however far one pages", () => {
    let state = EMPTY_TREE;
    for (let from = 0; from < 5000; from += 100)
      state = load(state, "", from, makePage(from, 100, 9000));
    expect(state.held.get("")).toMatchObject({ from: 4000, next: 5000 });
    state = load(state, "", 3900, makePage(3900, 100, 9000));
    expect(state.held.get("")).toMatchObject({ from: 3900, next: 4900 });
  });

  it("unfolds containers, texts below themselves, and shows failures where they are", () => {
    const page: PayloadTree = {
      ...{ kind: "object", bytes: 9, count: 3 },
      children: [
        { key: "a/b", kind: "object", bytes: 2, count: 1, preview: "{…}" },
        { key: "note", kind: "string", bytes: 900, preview: '"x…' },
        { key: "empty", kind: "array", bytes: 2, count: 0, preview: "[]" },
      ],
    };
    let state = load(EMPTY_TREE, "", 0, page);
    expect(treeRows(state).map((row) => row.kind === "value" && row.open)).toEqual([
      false,
      false,
      null,
    ]);
    state = reduceTree(state, { type: "open", pointers: ["/a~1b", "/note"] });
    expect(treeRows(state).map((row) => row.kind)).toEqual([
      "value",
      "loading",
      "value",
      "block",
      "value",
    ]);
    state = reduceTree(state, { type: "failed", pointer: "/a~1b", error: new Error("no") });
    expect(treeRows(state)[1]).toMatchObject({ kind: "failed" });
    state = reduceTree(state, { type: "close", pointers: ["/a~1b", "/note"] });
    expect(treeRows(state)).toHaveLength(3);
  });
});

describe("what is told of a value", () => {
  const child = (kind: PayloadChild["kind"], preview: string) => ({
    key: "k",
    kind,
    bytes: 1,
    preview,
  });

  it.each([
    ['"naïve\\n\\"café\\""', 'naïve\n"café"', false],
    ['"lorem ipsum…', "lorem ipsum", true],
    ['"ends with …"', "ends with …", false],
    ['"cut within an escape \\u00…', "cut within an escape ", true],
    ['"cut after a quote \\"…', 'cut after a quote "', true],
  ])("reads the text %s", (preview, text, isCut) => {
    expect(shown(child("string", preview))).toMatchObject({ text, isCut });
  });

  it("reads marks, whole and cut", () => {
    expect(shown(child("mark", '{"$flightlog":"decimal","value":"1.10"}')).mark).toEqual({
      kind: "decimal",
      members: { $flightlog: "decimal", value: "1.10" },
    });
    expect(shown(child("mark", '{"$flightlog":"bytes","base64":"iVB…')).mark).toEqual({
      kind: "bytes",
      members: null,
    });
  });

  it("keeps numbers as they were written", () => {
    expect(shown(child("number", "12345678901234567890")).text).toBe("12345678901234567890");
    expect(shown({ kind: "number", bytes: 3, value: 1.5 }).text).toBe("1.5");
  });
});

describe("places within a payload", () => {
  it("go from pointers to paths and back to steps", () => {
    const pointer = ["order", "a/b~c", 0, "odd name"].reduce<string>(childPointer, "");
    expect(pointer).toBe("/order/a~1b~0c/0/odd name");
    expect(splitSteps(pointer)).toEqual(["order", "a/b~c", "0", "odd name"]);
    expect(readablePath(pointer)).toBe('$.order["a/b~c"][0]["odd name"]');
    expect(readablePath("")).toBe("$");
    expect(parentPointer("/a/b")).toBe("/a");
    expect(parentPointer("")).toBeNull();
    expect(waysTo("/a/0")).toEqual(["", "/a", "/a/0"]);
  });
});

describe("the names of members", () => {
  it("quotes what could not be told from another name, or from none", () => {
    expect(["", " ", "a ", "\n", "\0", "\u00a0"].map(readableName)).toEqual([
      ...['""', '" "', '"a "', '"\\n"', '"\\u0000"', '"\u00a0"'],
    ]);
    expect(["a b", "a/b~c", "ü 🛩️", '"q"', 7].map(readableName)).toEqual([
      ...["a b", "a/b~c", "ü 🛩️", '"q"', 7],
    ]);
  });
});

describe("marks", () => {
  it.each([
    ["truncated", { more: 958 }, "missing", "958 more, not kept", null],
    ["truncated", { value: "begin", size: 48211 }, "missing", "truncated", "begin"],
    ["dropped", { reason: "the spool is full", size: 9 }, "missing", "not kept", null],
    ["redaction_failed", {}, "failed", "removed", null],
    ["cycle", { up: 2 }, "missing", "cycle", null],
    ["deep", {}, "missing", "not kept", null],
    ["unset", {}, "missing", "unset", null],
    ["decimal", { value: "1.10" }, "value", "decimal", "1.10"],
    ["int", { hex: "0x1f" }, "value", "int", "0x1f"],
    ["bytes", { base64: "/wA=" }, "value", "bytes, base64", "/wA="],
    ["enum", { type: "shop.Colour", name: "RED", value: 1 }, "value", "shop.Colour", "RED"],
    ["ndarray", { dtype: "int64", shape: [2, 2], values: [] }, "value", "int64 2×2", null],
    ["function", { name: "shop.charge" }, "value", "function", "shop.charge"],
    ["a kind to come", { value: "x" }, "value", "a kind to come", "x"],
  ])("tells %s %j", (kind, members, tone, label, text) => {
    expect(markText(kind, { $flightlog: kind, ...members })).toMatchObject({ tone, label, text });
  });

  it("tells a mark that was too large to be sent along", () => {
    expect(markText("object", null)).toMatchObject({ label: "object", text: null });
  });

  it("parts a text at its redactions", () => {
    expect(textParts("Bearer [REDACTED:9f2c61d07a3e]!")).toEqual([
      { kind: "text", text: "Bearer " },
      { kind: "redacted", hash: "9f2c61d07a3e" },
      { kind: "text", text: "!" },
    ]);
    expect(textParts("")).toEqual([{ kind: "text", text: "" }]);
    expect(textParts("[REDACTED:<b>]")).toEqual([{ kind: "text", text: "[REDACTED:<b>]" }]);
  });
});

describe("what a text is", () => {
  const png = `iVBORw0KGgo${"A".repeat(80)}`;

  it("is an image by its data URL or its signature, and never SVG", () => {
    expect(imageIn(png, true)?.mime).toBe("image/png");
    expect(imageIn(`data:image/webp;base64,${png}`, true)?.mime).toBe("image/webp");
    expect(imageIn("data:image/svg+xml;base64,PHN2Zz4=", true)).toBeNull();
    expect(imageIn(`${png}<script>`, true)).toBeNull();
    expect(imageIn("iVBORw0KGgo", true)).toBeNull();
  });

  it("is Markdown where it shows two of its habits over several lines", () => {
    expect(isMarkdown("# Title\n\nSome **bold** text")).toBe(true);
    expect(isMarkdown("- one\n- two\n\n```\ncode\n```")).toBe(true);
    expect(isMarkdown("Dear Ada,\nthank you.")).toBe(false);
    expect(isMarkdown("**one line**")).toBe(false);
  });
});
