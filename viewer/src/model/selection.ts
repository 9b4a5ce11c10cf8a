/** The selected executions. `anchor` is the execution where a range begins. */
export interface Selection {
  ids: ReadonlySet<string>;
  anchor: string | undefined;
}

/** The empty selection. */
export const NOTHING: Selection = { ids: new Set(), anchor: undefined };

/** Select an execution, or remove it from the selection. The execution becomes the anchor. */
export function toggleSelected(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id };
}

/** Add all executions from the anchor to `id`, in the order of the list. */
export function extendSelection(
  selection: Selection,
  id: string,
  order: readonly string[],
): Selection {
  const from = selection.anchor === undefined ? -1 : order.indexOf(selection.anchor);
  const to = order.indexOf(id);
  if (from < 0 || to < 0) return toggleSelected(selection, id);
  const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { ids: new Set([...selection.ids, ...range]), anchor: id };
}

/** Select all given executions. */
export function selectAll(order: readonly string[]): Selection {
  return { ids: new Set(order), anchor: undefined };
}

/** Remove executions from the selection. */
export function withoutSelected(selection: Selection, ids: ReadonlySet<string>): Selection {
  const left = [...selection.ids].filter((id) => !ids.has(id));
  return left.length === selection.ids.size ? selection : { ids: new Set(left), anchor: undefined };
}
