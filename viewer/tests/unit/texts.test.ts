import { afterEach, expect, it } from "vitest";
import { formatDuration } from "@/model/format";
import { describeNodes } from "@/model/status";
import { chooseLanguage, findLanguage, texts } from "@/texts";
import { makePlural } from "@/texts/locale";
import { MARKS } from "@/texts/pseudo";

afterEach(async () => {
  await chooseLanguage(["en"]);
});

it("the first wanted language that has texts is chosen, with a region or without", () => {
  const known = ["en", "de", "pt-BR"];
  expect(findLanguage(["fr", "de-AT", "en"], known)).toBe("de");
  expect(findLanguage(["PT-br"], known)).toBe("pt-BR");
  expect(findLanguage(["pt-PT", "en-GB", "de"], known)).toBe("en");
  // A language of three letters is no region of one with two.
  expect(findLanguage(["dei"], known)).toBe("en");
  expect(findLanguage([], known)).toBe("en");
});

it("texts that are read after the choice are of the chosen language", async () => {
  expect(describeNodes({ total: 8, done: 6, failed: 1 })).toBe("6 of 8 nodes, 1 failed");
  expect(await chooseLanguage(["en-XA"])).toBe("en-XA");
  expect(describeNodes({ total: 8, done: 6, failed: 1 })).toContain(`${MARKS[0]}6 of 8 nodes`);
  expect(formatDuration(840)).toContain(MARKS[0]);
  expect(await chooseLanguage(["xx"])).toBe("en");
  expect(formatDuration(840)).toBe("840 ms");
});

it("the pseudo-language marks every text and makes it two fifths longer", async () => {
  await chooseLanguage(["en-XA"]);
  const marked = listTexts(texts);
  await chooseLanguage(["en"]);
  const plain = listTexts(texts);
  expect(marked.length).toBe(plain.length);
  expect(plain.length).toBeGreaterThan(250);
  marked.forEach((text, index) => {
    expect(text.startsWith(MARKS[0]) && text.endsWith(MARKS[1])).toBe(true);
    expect(text.length).toBeGreaterThanOrEqual((plain[index]?.length ?? 0) * 1.4);
  });
});

it("a language's own rules choose the form of a counted text", () => {
  const forms = { one: "plik", few: "pliki", many: "plików", other: "pliku" };
  const polish = makePlural("pl");
  expect([1, 3, 5, 22, 25].map((count) => polish(count, forms))).toEqual([
    ...["plik", "pliki", "plików", "pliki", "plików"],
  ]);
  const japanese = makePlural("ja");
  expect(japanese(1, { other: "件" })).toBe("件");
});

function listTexts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(listTexts);
}
