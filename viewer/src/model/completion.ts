/** Completes the query in the search box: names of fields, and values of the field at the caret. */
import { texts } from "@/texts";
import type { QueryField } from "../api/types";
import { findTerm, quoteValue, type Term } from "./queryText";

/** A possible completion. */
export interface Completion {
  /** The name or value that is completed. */
  readonly label: string;
  /** The meaning of a field, or an addition to a value. */
  readonly detail: string;
  /** The whole text after the completion. */
  readonly text: string;
  /** The place of the caret after the completion. */
  readonly caret: number;
}

/** Values that the history has, by the name of their field. */
export type KnownValues = Readonly<Partial<Record<string, readonly KnownValue[]>>>;

/** A value of a field, and what people call it. */
export interface KnownValue {
  readonly value: string;
  readonly detail?: string;
}

const MOST = 12;
function listTimes(): KnownValue[] {
  return [
    { value: "-1h", detail: texts.search.anHourAgo },
    { value: "-24h", detail: texts.search.aDayAgo },
    { value: "-7d", detail: texts.search.aWeekAgo },
    { value: "today", detail: "" },
    { value: "yesterday", detail: "" },
  ];
}

const DURATIONS: readonly KnownValue[] = [">1s", ">10s", ">1min", ">10min", "<100ms"].map(
  (value) => ({ value, detail: "" }),
);
const NUMBERS: Readonly<Partial<Record<string, readonly KnownValue[]>>> = {
  tokens: [">1k", ">10k", ">100k"].map((value) => ({ value })),
  cost: [">0.01", ">0.1", ">1"].map((value) => ({ value })),
};
/** Values that need no quotation marks (docs/inspect/query.md), although they begin with a sign. */
const BARE = /^(?:[<>]|-\d)/;

/** Return the completions of a text at the caret. */
export function complete(
  text: string,
  caret: number,
  fields: readonly QueryField[],
  known: KnownValues,
): Completion[] {
  const term = findTerm(text, caret);
  if (term === undefined) return [];
  const colon = term.field === null ? term.end : term.start + term.field.length;
  if (term.field === null || caret <= colon)
    return completeFields(text, caret, term, colon, fields, known);
  const field = findField(term.field, fields);
  return field === undefined ? [] : completeValues(text, caret, colon + 1, term, field, known);
}

/** Return the field that a name and path belong to: the longest known name is the field. */
export function findField(written: string, fields: readonly QueryField[]): QueryField | undefined {
  const name = written.replace(/\[.*$/, "");
  const found = fields
    .filter((field) => name === field.name || (field.takesPath && isBelow(written, field.name)))
    .sort((a, b) => b.name.length - a.name.length);
  return found[0];
}

function isBelow(written: string, name: string): boolean {
  return written.startsWith(`${name}.`) || written.startsWith(`${name}[`);
}

/** Whether a value can't be a value of the field, so that a search would be refused. */
export function isImpossible(term: Term, fields: readonly QueryField[]): boolean {
  if (term.field === null || fields.length === 0) return false;
  const field = findField(term.field, fields);
  if (field === undefined) return true;
  const values = term.test.replace(/^\(|\)$/g, "").split(/[,\s]+/);
  return (
    field.type === "choice" && values.some((value) => !field.values?.includes(value.toLowerCase()))
  );
}

function completeFields(
  text: string,
  caret: number,
  term: Term,
  end: number,
  fields: readonly QueryField[],
  known: KnownValues,
): Completion[] {
  const typed = text.slice(term.start, caret).toLowerCase();
  const tags = completeTags(text, term, end, typed, known);
  if (!/^[a-z][a-z.]*$/.test(typed)) return tags;
  const begins = fields.filter(({ name }) => name.startsWith(typed));
  const within = fields.filter(({ name }) => name.includes(`.${typed}`));
  const offered = [...begins, ...within].slice(0, MOST - Math.min(tags.length, MOST / 2));
  const completed = offered.map((field) => {
    const inserted = field.takesPath ? `${field.name}.` : `${field.name}:`;
    const rest = text.slice(end).replace(/^:/, "");
    return {
      label: inserted,
      detail: field.meaning,
      text: text.slice(0, term.start) + inserted + rest,
      caret: term.start + inserted.length,
    };
  });
  return [...completed, ...tags].slice(0, MOST);
}

/** Complete the names of tags, which the history knows: `tag.customer:`. */
function completeTags(
  text: string,
  term: Term,
  end: number,
  typed: string,
  known: KnownValues,
): Completion[] {
  if (!typed.startsWith("tag")) return [];
  return Object.keys(known)
    .filter((name) => name.startsWith("tag.") && name.toLowerCase().startsWith(typed))
    .map((name) => ({
      label: `${name}:`,
      detail: texts.search.example(known[name]?.[0]?.value ?? ""),
      text: `${text.slice(0, term.start)}${name}:${text.slice(end).replace(/^:/, "")}`,
      caret: term.start + name.length + 1,
    }));
}

function completeValues(
  text: string,
  caret: number,
  start: number,
  term: Term,
  field: QueryField,
  known: KnownValues,
): Completion[] {
  const list = text.startsWith("(", start);
  const before = text.slice(start, caret);
  const from = list
    ? start + Math.max(before.lastIndexOf(","), before.lastIndexOf("(")) + 1
    : start;
  const stop = list ? /[,)]/.exec(text.slice(caret)) : null;
  const to = stop === null ? term.end : caret + stop.index;
  const typed = text.slice(from, caret).replace(/^"/, "").toLowerCase();
  const values = known[term.field ?? ""] ?? listValues(field, known);
  const fitting = values.filter(({ value, detail = "" }) =>
    [value, detail].some((each) => each.toLowerCase().includes(typed)),
  );
  // A value that the field can't have needs all values to choose from.
  const offered = fitting.length === 0 && field.values !== null ? values : fitting;
  return offered
    .filter(({ value }) => value !== text.slice(from, to))
    .slice(0, MOST)
    .map(({ value, detail }) => {
      const inserted = BARE.test(value) ? value : quoteValue(value);
      const isLast = !list && text.slice(to).trim() === "";
      const head = text.slice(0, from) + inserted + (isLast ? " " : "");
      return {
        label: value,
        detail: detail ?? "",
        text:
          head +
          text
            .slice(to)
            .trimStart()
            .replace(/^(?=[^,)])/, isLast ? "" : " "),
        caret: head.length,
      };
    });
}

function listValues(field: QueryField, known: KnownValues): readonly KnownValue[] {
  if (field.values !== null) return field.values.map((value) => ({ value }));
  if (field.type === "time") return listTimes();
  if (field.type === "duration") return DURATIONS;
  if (field.type === "number") return NUMBERS[field.name] ?? [];
  return known[field.name] ?? [];
}
