import type { QueryField } from "@/api";
import { findField } from "@/model/completion";
import { readTokens, type Token, type TokenKind } from "@/model/queryText";

const COLOURS: Readonly<Record<TokenKind, string>> = {
  field: "text-query-field",
  operator: "text-muted",
  bracket: "text-muted",
  keyword: "text-query-keyword",
  value: "text-query-value",
  quoted: "text-query-value",
  literal: "text-query-value",
  json: "text-query-value",
  word: "text-text",
};

interface Props {
  text: string;
  /** The known fields. Without them no field is marked as unknown. */
  fields?: readonly QueryField[] | undefined;
}

/** A query in colours. The text stays as it is, character for character. */
export function QueryText({ text, fields = [] }: Props) {
  const parts: { token: Token | null; text: string }[] = [];
  let at = 0;
  for (const token of readTokens(text)) {
    if (token.start > at) parts.push({ token: null, text: text.slice(at, token.start) });
    parts.push({ token, text: token.text });
    at = token.end;
  }
  parts.push({ token: null, text: text.slice(at) });
  return parts.map(({ token, text: part }, index) =>
    token === null ? (
      part
    ) : (
      <span key={index} className={isUnknown(token, fields) ? UNKNOWN : COLOURS[token.kind]}>
        {part}
      </span>
    ),
  );
}

const UNKNOWN = "text-error underline decoration-wavy underline-offset-2";

function isUnknown({ kind, text }: Token, fields: readonly QueryField[]): boolean {
  if (kind !== "field" || fields.length === 0) return false;
  return findField(text.replace(/:$/, ""), fields) === undefined;
}
