import { expect, it } from "vitest";
import { addRecent, NO_SEARCHES, readKept } from "@/model/keptSearches";

it("recent searches are the last eight, each once, the latest first", () => {
  const texts = ["a", "b", "c", "d", "e", "f", "g", "h", "i", " b ", ""];
  const kept = texts.reduce(addRecent, NO_SEARCHES);
  expect(kept.recent).toEqual(["b", "i", "h", "g", "f", "e", "d", "c"]);
});

it("what can't be read from the browser's storage is left out", () => {
  expect(readKept(null)).toEqual(NO_SEARCHES);
  expect(readKept("{")).toEqual(NO_SEARCHES);
  expect(readKept('{"recent":["a",1],"saved":[{"name":"n"},{"name":"n","address":"?"}]}')).toEqual({
    recent: ["a"],
    saved: [{ name: "n", address: "?" }],
  });
});
