/** Chooses the values of a trigger that distinguish an execution from the rows beside it. */

import type { Summary, TriggerFacts } from "../api/types";

const SHOWN_VALUES = 2;

/** The part of a trigger that a row shows. */
export interface RowDetails {
  /** The recorded request, e.g. "POST /orders". */
  readonly request: string | undefined;
  /** The values that differ from the neighbouring rows, e.g. "orderId 7 · sku A-17". */
  readonly values: string;
}

const NOTHING: RowDetails = { request: undefined, values: "" };

/**
 * Return the details of a row. Only values that differ from a neighbouring row of the same workflow
 * are shown, because others don't help to choose a row.
 */
export function describeRow(
  rows: readonly Summary[],
  index: number,
  facts: ReadonlyMap<string, TriggerFacts | null>,
): RowDetails {
  const row = rows[index];
  const own = row === undefined ? undefined : facts.get(row.id);
  if (row === undefined || own === undefined || own === null) return NOTHING;
  const neighbours = [rows[index - 1], rows[index + 1]].flatMap((each) =>
    each?.workflowId === row.workflowId ? (facts.get(each.id) ?? []) : [],
  );
  const different = own.values.filter(({ path, value }) =>
    neighbours.some(({ values }) => values.find((each) => each.path === path)?.value !== value),
  );
  const values = different
    .slice(0, SHOWN_VALUES)
    .map(({ path, value }) => `${lastName(path)} ${value}`.trim())
    .join(" · ");
  return { request: own.request, values };
}

/** Return the last name of a path, which says most: `body.order.id` becomes `id`. */
function lastName(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
