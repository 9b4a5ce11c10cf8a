import { expect, it } from "vitest";
import { addRecent, addSaved, NO_SEARCHES, readKept, withoutSaved } from "@/model/keptSearches";

it("recent searches are the last eight, each once, the latest first", () => {
  const texts = ["a", "b", "c", "d", "e", "f", "g", "h", "i", " b ", ""];
  const kept = texts.reduce(addRecent, NO_SEARCHES);
  expect(kept.recent).toEqual(["b", "i", "h", "g", "f", "e", "d", "c"]);
});

it("saved searches are in the order of their names; a name is used once", () => {
  const one = addSaved(NO_SEARCHES, { name: "timeouts", address: "?q=a" });
  const two = addSaved(one, { name: "declined", address: "?q=b" });
  const three = addSaved(two, { name: "timeouts", address: "?q=c" });
  expect(three.saved.map(({ name, address }) => name + address)).toEqual([
    "declined?q=b",
    "timeouts?q=c",
  ]);
  expect(withoutSaved(three, "declined").saved).toHaveLength(1);
});

it("what can't be read from the browser's storage is left out", () => {
  expect(readKept(null)).toEqual(NO_SEARCHES);
  expect(readKept("{")).toEqual(NO_SEARCHES);
  expect(readKept('{"recent":["a",1],"saved":[{"name":"n"},{"name":"n","address":"?"}]}')).toEqual({
    recent: ["a"],
    saved: [{ name: "n", address: "?" }],
  });
});
