/**
 * Reads the text of a query for colours, completion and changes. The receiver's parser decides what
 * a query means (docs/inspect/query.md); this scanner follows the same rules for words, fields and
 * pasted text, and never fails.
 */

/** The kind of a part of a query's text. */
export type TokenKind =
  "field" | "operator" | "value" | "quoted" | "literal" | "word" | "keyword" | "bracket" | "json";

/** A part of a query's text, from `start` up to `end`. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** One term of a query: a word, JSON, or a field with its test. */
export interface Term {
  readonly start: number;
  readonly end: number;
  /** The name and path before the colon, e.g. `output.items[].sku`; null for free text. */
  readonly field: string | null;
  /** The text of the test, after the colon. */
  readonly test: string;
}

const NAME = /[A-Za-z][A-Za-z0-9_-]*/y;
const STEP = /\.(?:"(?:[^"\\]|\\.)*"|[^\s:.()[\]",~<>*]+)|\[\d{0,9}\]/y;
const QUOTED = /"(?:[^"\\]|\\.)*"/y;
const COMPARISON = />=|<=|>|</y;
const KEYWORD = /(?:AND|OR|NOT)(?=[\s()]|$)/y;
const LITERAL = /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;
const PORT = /^\d{1,5}(?![^\s/?#),])/;
const SCHEMES: ReadonlySet<string> = new Set(
  "arn data did doi file http https mailto sha256 tel urn uuid".split(" "),
);
const DOMAINS: ReadonlySet<string> = new Set(
  "app cloud com dev de eu internal io local net org uk".split(" "),
);
/** The first names of fields. Text after their colon is a value, even if it looks like a URL. */
const FIRST_NAMES: ReadonlySet<string> = new Set(
  (
    "text id workflow name project status is mode started after since before ended duration " +
    "error node tag trigger parent retry input output logs any"
  ).split(" "),
);
/** The fields that read payloads, besides free text. */
const PAYLOAD_FIELDS: ReadonlySet<string> = new Set(["any", "input", "logs", "output", "trigger"]);

/** Return the parts of a query's text. Blanks belong to no part. */
export function readTokens(text: string): Token[] {
  return read(text).tokens;
}

/** Return the terms of a query's text in order, at any depth. */
export function readTerms(text: string): Term[] {
  return read(text).terms;
}

/** Whether a query joins terms by anything other than AND, or negates or groups terms. */
export function isCompound(text: string): boolean {
  return readTokens(text).some(
    (token) => token.kind === "keyword" || (token.kind === "bracket" && isGroup(text, token)),
  );
}

/** Whether the receiver must read payloads for a query, and rows can show where they matched. */
export function readsPayloads(text: string): boolean {
  return readTerms(text).some(
    ({ field }) =>
      field === null ||
      field === "text" ||
      (field !== "trigger.type" && PAYLOAD_FIELDS.has(/^\w+/.exec(field)?.[0] ?? "")),
  );
}

/** Whether a text still lacks something: a value, a closing quotation mark or parenthesis. */
export function isUnfinished(text: string): boolean {
  const { tokens, terms } = read(text);
  const last = tokens.at(-1);
  const opened = tokens.filter((token) => token.kind === "bracket" && token.text === "(").length;
  const closed = tokens.filter((token) => token.kind === "bracket" && token.text === ")").length;
  const isOpenText =
    last !== undefined && last.text.startsWith('"') && /^(?:value|word)$/.test(last.kind);
  const hasEnd = last === undefined || !/^(?:keyword|operator|field)$/.test(last.kind);
  return opened > closed || isOpenText || !hasEnd || terms.at(-1)?.test === "";
}

/** Return the part of a query that holds a place, also the place right behind the part. */
export function findTerm(text: string, place: number): Term | undefined {
  return readTerms(text).find((term) => term.start <= place && place <= term.end);
}

/** Write a text in quotation marks, if it needs them to be one value. */
export function quoteValue(value: string): string {
  const isBare = /^[\p{L}\p{N}_@.+/-]+$/u.test(value) && !value.includes("..");
  if (isBare && !LITERAL.test(value) && !/^(?:AND|OR|NOT)$/.test(value)) return value;
  return quote(value);
}

/** Write a text in quotation marks. */
export function quote(value: string): string {
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** Undo the quotation marks of a value, if it has them. */
export function unquote(value: string): string {
  const inner = /^"((?:[^"\\]|\\.)*)"$/s.exec(value)?.[1];
  return inner === undefined ? value : inner.replaceAll(/\\(.)/gs, "$1");
}

/** Join queries so that executions must match all of them. */
export function joinQueries(...queries: readonly (string | undefined)[]): string | undefined {
  const set = queries.map((query) => query?.trim() ?? "").filter((query) => query !== "");
  if (set.length < 2) return set[0];
  return set.map((query) => (hasOr(query) ? inParentheses(query) : query)).join(" ");
}

/** Whether a query requires a term, which it has outside of OR, NOT and parentheses. */
export function hasTerm(text: string | undefined, term: string): boolean {
  return text !== undefined && !isCompound(text) && findText(text, term) !== undefined;
}

/** Remove a term that a query requires. */
export function withoutTerm(text: string, term: string): string | undefined {
  const found = isCompound(text) ? undefined : findText(text, term);
  if (found === undefined) return text;
  const rest = `${text.slice(0, found.start).trimEnd()} ${text.slice(found.end).trimStart()}`;
  return rest.trim() === "" ? undefined : rest.trim();
}

function findText(text: string, term: string): Term | undefined {
  return readTerms(text).find(({ start, end }) => text.slice(start, end) === term);
}

function inParentheses(query: string): string {
  // A blank keeps the last word from taking the parenthesis.
  const isOpen = query.split("(").length > query.split(")").length;
  return isOpen ? `(${query} )` : `(${query})`;
}

function hasOr(text: string): boolean {
  return readTokens(text).some((token) => token.kind === "keyword" && token.text === "OR");
}

function isGroup(text: string, { start }: Token): boolean {
  return !readTerms(text).some((term) => term.start < start && start < term.end);
}

interface Reading {
  readonly tokens: Token[];
  readonly terms: Term[];
}

let latest: { text: string; reading: Reading } | undefined;

function read(text: string): Reading {
  if (latest?.text !== text) latest = { text, reading: new Scanner(text).read() };
  return latest.reading;
}

class Scanner {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  readonly #terms: Term[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Reading {
    while (this.#skipBlanks()) {
      if (this.#take("keyword", KEYWORD)) continue;
      if (this.#char === "(" || this.#char === ")") this.#add("bracket", this.#at + 1);
      else this.#readTerm();
    }
    return { tokens: this.#tokens, terms: this.#terms };
  }

  #readTerm(): void {
    const start = this.#at;
    const json = endOfJson(this.#text, start);
    if (json !== undefined) {
      this.#add("json", json);
      this.#endTerm(start, null, start);
      return;
    }
    const colon = this.#endOfField();
    if (colon === undefined) {
      this.#readValue("word", "");
      this.#endTerm(start, null, start);
      return;
    }
    this.#add("field", colon + 1);
    const test = this.#at;
    this.#take("operator", COMPARISON);
    if (this.#char === "(") this.#readList();
    else this.#readValue("value", "");
    this.#endTerm(start, this.#text.slice(start, colon), test);
  }

  #readList(): void {
    this.#add("bracket", this.#at + 1);
    while (this.#skipBlanks()) {
      if (this.#char === ")") {
        this.#add("bracket", this.#at + 1);
        return;
      }
      if (this.#char === ",") this.#add("operator", this.#at + 1);
      else if (!this.#take("keyword", KEYWORD)) this.#readValue("value", ",");
    }
  }

  #readValue(kind: "word" | "value", ends: string): void {
    if (this.#char === "~") this.#add("operator", this.#at + 1);
    if (this.#take("quoted", QUOTED)) return;
    // A quotation mark without an end takes the rest, as it will when the reader closes it.
    const end = this.#char === '"' ? this.#text.length : this.#endOfWord(ends);
    if (end === this.#at) return;
    const isLiteral = kind === "value" && LITERAL.test(this.#text.slice(this.#at, end));
    this.#add(isLiteral ? "literal" : kind, end);
  }

  #endOfWord(ends: string): number {
    let depth = 0;
    let at = this.#at;
    for (; at < this.#text.length; at += 1) {
      const char = this.#text.charAt(at);
      if (/\s/.test(char) || (depth === 0 && ends !== "" && char === ends)) break;
      if (char === ")" && depth === 0) break;
      depth += char === "(" ? 1 : char === ")" ? -1 : 0;
    }
    return at;
  }

  /** The place of the colon behind a field's name and path. */
  #endOfField(): number | undefined {
    const name = match(NAME, this.#text, this.#at);
    if (name === undefined) return undefined;
    let end = this.#at + name.length;
    for (let step; (step = match(STEP, this.#text, end)) !== undefined;) end += step.length;
    if (this.#text[end] !== ":") return undefined;
    const host = this.#text.slice(this.#at, end);
    return isPasted(name, host, this.#text.slice(end + 1)) ? undefined : end;
  }

  #endTerm(start: number, field: string | null, test: number): void {
    // A parenthesis that nothing opened would be read again and again.
    if (this.#at === start) this.#at += 1;
    this.#terms.push({ start, end: this.#at, field, test: this.#text.slice(test, this.#at) });
  }

  get #char(): string {
    return this.#text.charAt(this.#at);
  }

  #skipBlanks(): boolean {
    while (/\s/.test(this.#char)) this.#at += 1;
    return this.#at < this.#text.length;
  }

  #take(kind: TokenKind, pattern: RegExp): boolean {
    const found = match(pattern, this.#text, this.#at);
    if (found === undefined || found === "") return false;
    this.#add(kind, this.#at + found.length);
    return true;
  }

  #add(kind: TokenKind, end: number): void {
    this.#tokens.push({ kind, text: this.#text.slice(this.#at, end), start: this.#at, end });
    this.#at = end;
  }
}

/** Whether a name with a colon is the beginning of pasted text: a URL, a time, a sentence. */
function isPasted(name: string, host: string, after: string): boolean {
  if (after.startsWith("//") || /^\s/.test(after)) return true;
  if (FIRST_NAMES.has(name)) return false;
  if (/^[:/\\']/.test(after) || SCHEMES.has(name.toLowerCase())) return true;
  const isHost = host === "localhost" || DOMAINS.has(host.split(".").at(-1) ?? "");
  return isHost && PORT.test(after);
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Return where pasted JSON ends: an object, a list, or a member with its name. */
function endOfJson(text: string, start: number): number | undefined {
  if (text[start] === "{" || text[start] === "[") return endOfValue(text, start);
  const name = match(QUOTED, text, start);
  if (name === undefined) return undefined;
  const colon = /\s*:\s*/y;
  const between = match(colon, text, start + name.length);
  return between === undefined ? undefined : endOfValue(text, start + name.length + between.length);
}

function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const string = match(QUOTED, text, at);
    if (string !== undefined) at += string.length;
    else {
      const char = text.charAt(at);
      if (depth === 0 && /[\s,)}\]]/.test(char)) break;
      depth += /[{[]/.test(char) ? 1 : /[}\]]/.test(char) ? -1 : 0;
      at += 1;
    }
    if (depth === 0 && /[}\]"]/.test(text.charAt(at - 1))) break;
  }
  try {
    JSON.parse(text.slice(start, at));
  } catch {
    return undefined;
  }
  return at + (text[at] === "," ? 1 : 0);
}
