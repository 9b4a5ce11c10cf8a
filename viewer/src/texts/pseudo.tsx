import { Fragment, isValidElement, type ReactNode } from "react";
import type { Texts } from ".";
import { english } from "./english";

/** The characters around each text. */
export const MARKS = ["⟦", "⟧"] as const;
const LONGER = 0.4;
const FILLING = "ėxtrå ";

/** Every English text between marks, and two fifths longer. */
export const pseudo: Texts = markAll(english) as Texts;

function markAll(value: unknown): unknown {
  if (typeof value === "string") return markText(value);
  if (typeof value === "function") {
    const write = value as (...values: unknown[]) => string | ReactNode;
    return (...values: unknown[]) => markResult(write(...values));
  }
  if (Array.isArray(value)) return value.map(markAll);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, markAll(each)]));
}

function markResult(result: ReactNode): ReactNode {
  if (typeof result === "string") return markText(result);
  if (!isValidElement(result)) return result;
  return (
    <Fragment>
      {MARKS[0]}
      {result} {FILLING.trim()}
      {MARKS[1]}
    </Fragment>
  );
}

function markText(text: string): string {
  const more = FILLING.repeat(Math.ceil((text.length * LONGER) / FILLING.length));
  return `${MARKS[0]}${text} ${more.slice(0, Math.ceil(text.length * LONGER)).trim()}${MARKS[1]}`;
}
