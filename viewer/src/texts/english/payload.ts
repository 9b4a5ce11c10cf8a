import { formatCount } from "../locale";
import { counted } from "./plural";

export const payload = {
  truncated: "truncated",
  truncatedNote: "Part of it was too large to be kept",
  redacted: "redacted",
  redactedNote: "Secrets were removed from it",
  removed: "removed",
  removedNote: "Redaction failed, so nothing of it was kept",
  redactedWith: (hash: string) => `redacted ${hash}`,
  redactedWithNote: (hash: string) =>
    `A secret was removed. Equal secrets have equal marks: ${hash}`,
  values: "Values",
  asTable: "As a table",
  asTableShort: "as table",
  searchIn: "Search in it, or select by JSONPath",
  rawText: "Raw text",
  rawJson: "Raw JSON",
  raw: "raw",
  download: "Download",
  readOn: "Read on",
  tree: "Tree",
  of: (range: string, count: number) => `${range} of ${formatCount(count)}`,
  previousRows: "Previous rows",
  nextRows: "Next rows",
  previous: (count: number) => `previous ${formatCount(count)}`,
  next: (count: number) => `next ${formatCount(count)}`,
  goTo: "go to",
  index: "index",
  copyPath: "Copy path",
  copyValue: "Copy value",
  thePath: "the path",
  theValue: "the value",
  tooLarge: "It is too large to be copied: download it.",
};

export const valueText = {
  title: "Text",
  markdown: "Markdown",
  characters: (count: number) => `${formatCount(count)} characters`,
  firstCharacters: (count: number) => `the first ${formatCount(count)} characters`,
  readRaw: "read raw",
  image: (type: string) => `The value as a picture (${type})`,
  noImage: "It begins like an image, and isn't one.",
  picture: (description: string) => `[picture: ${description}]`,
  imageOf: (format: string) => `image · ${format}`,
  text: "text",
};

export const findRuns = {
  title: "Find runs with this value",
  reading: "Reading the value …",
  impossible: "This value is too large to search for, or was not kept. Choose a value inside it.",
  here: "at this path",
  anywhere: "anywhere",
};

export const payloadSearch = {
  label: "Search in the payload",
  placeholder: "text, or $.path[*]",
  close: "Close the search",
  none: "No match",
  matches: (count: number) => counted(count, "match", "matches"),
  firstMatches: (count: number) => `the first ${counted(count, "match", "matches")}`,
  list: "Matches",
};

/** The texts of CodeMirror, by its own English ones. */
export const codePhrases = {
  Find: "Find",
  next: "next",
  previous: "previous",
  all: "all",
  "match case": "match case",
  regexp: "regexp",
  "by word": "by word",
  close: "close",
  "Go to line": "Go to line",
  go: "go",
  "current match": "current match",
  "on line": "on line",
  "Control character": "Control character",
  "folded code": "folded code",
  unfold: "unfold",
  to: "to",
  "Fold line": "Fold line",
  "Unfold line": "Unfold line",
  "Folded lines": "Folded lines",
  "Unfolded lines": "Unfolded lines",
};
