import { describe, expect, it } from "vitest";
import type { QueryField } from "@/api";
import { complete, findField, isImpossible } from "@/model/completion";
import { readTerms } from "@/model/queryText";

const field = (name: string, change: Partial<QueryField> = {}): QueryField => ({
  ...{ name, type: "text", meaning: `The ${name}.`, example: `${name}:x`, values: null },
  takesPath: false,
  ...change,
});
const FIELDS = [
  field("status", { type: "choice", values: ["running", "success", "error"] }),
  field("started", { type: "time" }),
  field("duration", { type: "duration" }),
  field("tokens", { type: "number" }),
  field("workflow"),
  field("error"),
  field("error.kind"),
  field("tag", { type: "payload", takesPath: true }),
  field("output", { type: "payload", takesPath: true }),
];
const KNOWN = {
  workflow: [{ value: "order-intake", detail: "Order intake" }, { value: "two words" }],
  tag: [{ value: "acme", detail: "customer" }],
  "tag.customer": [{ value: "acme", detail: "3 of the newest runs" }],
};

/** The caret is at `|`. */
function labels(marked: string): string[] {
  return complete(marked.replace("|", ""), marked.indexOf("|"), FIELDS, KNOWN).map(
    (each) => each.label,
  );
}

function taken(marked: string, label: string): string | undefined {
  const at = marked.indexOf("|");
  const found = complete(marked.replace("|", ""), at, FIELDS, KNOWN).find(
    (each) => each.label === label,
  );
  return found && `${found.text.slice(0, found.caret)}|${found.text.slice(found.caret)}`;
}

describe("fields", () => {
  it("complete a word by its beginning, or by what follows a point", () => {
    expect(labels("st|")).toEqual(["status:", "started:"]);
    expect(labels("a ki|")).toEqual(["error.kind:"]);
    expect(labels("jane@|")).toEqual([]);
    expect(labels("|")).toEqual([]);
  });

  it("of tags complete by the names that the history has, and then by their values", () => {
    expect(labels("tag.|")).toEqual(["tag.customer:"]);
    expect(labels("tag|")).toEqual(["tag.", "tag.customer:"]);
    expect(taken("tag.cu| b", "tag.customer:")).toBe("tag.customer:| b");
    expect(labels("tag.customer:|")).toEqual(["acme"]);
    expect(labels("tag:|")).toEqual(["acme"]);
    expect(labels("tag.other:|")).toEqual(["acme"]);
  });

  it("take the place of the word; a payload's field waits for its path", () => {
    expect(taken("a st| b", "status:")).toBe("a status:| b");
    expect(taken("out|", "output.")).toBe("output.|");
    expect(taken("st|atus:error", "started:")).toBe("started:|error");
  });

  it("the longest name is the field, and a path may follow", () => {
    expect(findField("error.kind", FIELDS)?.name).toBe("error.kind");
    expect(findField("output.items[0].sku", FIELDS)?.name).toBe("output");
    expect(findField("status.x", FIELDS)).toBeUndefined();
  });
});

describe("values", () => {
  it("are a field's own, or those of the history", () => {
    expect(labels("status:|")).toEqual(["running", "success", "error"]);
    expect(labels("status:e|")).toEqual(["success", "error"]);
    expect(labels("workflow:ORDER|")).toEqual(["order-intake"]);
    expect(labels("started:yes|")).toEqual(["yesterday"]);
    expect(labels("output.a:|")).toEqual([]);
  });

  it("all of them are offered for a value that the field can't have", () => {
    expect(labels("status:failed|")).toEqual(["running", "success", "error"]);
  });

  it("take the place of the typed value, also in a list", () => {
    expect(taken("status:e|", "error")).toBe("status:error |");
    expect(taken("status:(error,r|)", "running")).toBe("status:(error,running|)");
    expect(taken("workflow:two|", "two words")).toBe('workflow:"two words" |');
    expect(taken("duration:>| x", ">1s")).toBe("duration:>1s| x");
    expect(taken("tokens:>|", ">1k")).toBe("tokens:>1k |");
  });
});

it("knows values and fields that the receiver refuses", () => {
  const isRefused = (text: string) => readTerms(text).some((term) => isImpossible(term, FIELDS));
  expect(["status:failed", "status:(error,no)", "sttus:error"].every(isRefused)).toBe(true);
  expect(["status:ERROR", "status:(error,running)", "output.x:1", "word"].some(isRefused)).toBe(
    false,
  );
});
