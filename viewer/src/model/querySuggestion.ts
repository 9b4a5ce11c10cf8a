/** Divides a query at the fault that the receiver found in it. */

/** A fault in a query. */
export interface QueryFault {
  /** The query up to the fault. */
  readonly before: string;
  /** The characters at fault; empty if something is missing. */
  readonly word: string;
  readonly after: string;
}

/** Divide a query at the fault of an `invalid_query` problem; null if the problem has no column. */
export function readFault(
  q: string,
  problem: { column?: number; length?: number },
): QueryFault | null {
  const { column, length = 0 } = problem;
  if (column === undefined) return null;
  // The receiver counts characters, and JavaScript counts UTF-16 code units.
  const letters = Array.from(q);
  return {
    before: letters.slice(0, column - 1).join(""),
    word: letters.slice(column - 1, column - 1 + length).join(""),
    after: letters.slice(column - 1 + length).join(""),
  };
}
