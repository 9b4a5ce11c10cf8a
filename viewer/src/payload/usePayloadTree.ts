import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useReducer } from "react";
import { useClient, type PayloadAddress, type PayloadTree } from "@/api";
import {
  EMPTY_TREE,
  PAGE_SIZE,
  reduceTree,
  treeRows,
  unaskedOpens,
  unfolds,
  type TreeRow,
} from "@/model/payloadTree";
import { splitSteps, waysTo } from "@/model/pointers";

const KEPT_MS = 60_000;
/**
 * The number of pages in which a member is searched. After these pages, the container is shown from
 * its start.
 */
const MOST_PAGES_LOOKED_THROUGH = 20;
const INDEX = /^\d+$/;

/** A payload's tree, which loads unfolded containers page by page. */
export function usePayloadTree(address: PayloadAddress, version: string) {
  const client = useClient();
  const queries = useQueryClient();
  const [state, dispatch] = useReducer(reduceTree, EMPTY_TREE);

  const load = useCallback(
    async (pointer: string, from: number): Promise<PayloadTree | null> => {
      try {
        const page = await queries.query({
          queryKey: ["payload", address, version, pointer, from],
          queryFn: () => {
            return client.payloadTree(address, pointer, { offset: from, limit: PAGE_SIZE });
          },
          staleTime: Infinity,
          gcTime: KEPT_MS,
        });
        dispatch({ type: "loaded", pointer, from, page });
        return page;
      } catch (error) {
        const failure = error instanceof Error ? error : new Error(String(error));
        dispatch({ type: "failed", pointer, error: failure });
        return null;
      }
    },
    [client, queries, address, version],
  );

  const open = useCallback(
    (pointers: readonly string[]) => {
      dispatch({ type: "open", pointers });
      return Promise.all(pointers.map((pointer) => load(pointer, 0)));
    },
    [load],
  );

  useEffect(() => {
    void load("", 0).then((root) => (root === null ? null : open(unaskedOpens(root))));
  }, [load, open]);

  const rows = useMemo(() => treeRows(state), [state]);
  const toggle = useCallback(
    (row: TreeRow & { kind: "value" }) => {
      const { pointer, value } = row;
      if (row.open === true) dispatch({ type: "close", pointers: [pointer] });
      else if (unfolds(value) === "block" || state.held.has(pointer)) {
        dispatch({ type: "open", pointers: [pointer] });
      } else void open([pointer]);
    },
    [open, state.held],
  );
  /** Unfold and load every container on the path to a value, and optionally the value's text. */
  const reveal = useCallback(
    async (pointer: string, { unfold } = { unfold: false }) => {
      const ways = waysTo(pointer);
      const steps = splitSteps(pointer);
      dispatch({ type: "open", pointers: unfold ? ways : ways.slice(0, -1) });
      for (const [depth, step] of steps.entries()) await loadAround(load, ways[depth] ?? "", step);
      if (unfold) await load(pointer, 0);
    },
    [load],
  );
  return { root: state.root, rows, load, toggle, reveal };
}

/** Load the page of a container that holds a given step. */
async function loadAround(
  load: (pointer: string, from: number) => Promise<PayloadTree | null>,
  pointer: string,
  step: string,
): Promise<void> {
  const first = await load(pointer, 0);
  if (first === null || hasChild(first, step)) return;
  if (first.kind === "array" && INDEX.test(step)) {
    await load(pointer, Math.floor(Number(step) / PAGE_SIZE) * PAGE_SIZE);
    return;
  }
  let page: PayloadTree | null = first;
  for (let pages = 0; pages < MOST_PAGES_LOOKED_THROUGH; pages += 1) {
    if (page?.nextOffset === undefined) return;
    page = await load(pointer, page.nextOffset);
    if (page !== null && hasChild(page, step)) return;
  }
  await load(pointer, 0);
}

function hasChild(page: PayloadTree, step: string): boolean {
  return page.children?.some((child) => String(child.key) === step) === true;
}
