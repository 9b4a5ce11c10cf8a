import { expect, it } from "vitest";
import { readFault } from "@/model/querySuggestion";

it("the fault has the characters that the problem names", () => {
  expect(readFault("a status:failed b", { column: 10, length: 6 })).toEqual({
    before: "a status:",
    word: "failed",
    after: " b",
  });
});

it("characters beyond UTF-16 count once", () => {
  expect(readFault("🙂 sttus:error", { column: 3, length: 5 })).toEqual({
    before: "🙂 ",
    word: "sttus",
    after: ":error",
  });
});

it("something missing has no characters, and a problem without a column no fault", () => {
  expect(readFault("a OR", { column: 5, length: 0 })).toEqual({
    before: "a OR",
    word: "",
    after: "",
  });
  expect(readFault("a", {})).toBeNull();
});
