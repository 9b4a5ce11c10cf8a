import { useCallback, useState } from "react";
import { asProblem, useClient, type Summary } from "@/api";
import { useRemove } from "@/app/removals";
import {
  extendSelection,
  NOTHING,
  selectAll,
  toggleSelected,
  withoutSelected,
  type Selection,
} from "@/model/selection";
import { texts } from "@/texts";
import { useToast } from "@/ui";
import type { ListStore } from "./store";

/** The selected executions, and the actions for them. */
export function useSelection(store: ListStore, rows: () => readonly Summary[]) {
  const client = useClient();
  const remove = useRemove();
  const toaster = useToast();
  // Other filters show other rows, and a row that the reader doesn't see must not stay selected.
  const [kept, setKept] = useState({ store, selection: NOTHING });
  const selection = kept.store === store ? kept.selection : NOTHING;
  const setSelection = (change: (before: Selection) => Selection) =>
    setKept((before) => ({
      store,
      selection: change(before.store === store ? before.selection : NOTHING),
    }));

  const fail = useCallback(
    (describe: (reason: string) => string, error: unknown) =>
      toaster.show({ tone: "error", message: describe(asProblem(error).detail) }),
    [toaster],
  );
  const star = useCallback(
    (id: string, starred: boolean) => {
      store.change(id, (row) => ({ ...row, starred }));
      client.setStar(id, starred).catch((error: unknown) => {
        store.change(id, (row) => ({ ...row, starred: !starred }));
        fail(texts.controls.starNotKept, error);
      });
    },
    [client, fail, store],
  );

  return {
    selection,
    clear: () => setSelection(() => NOTHING),
    select: (id: string, extend: boolean) =>
      setSelection((before) =>
        extend
          ? extendSelection(
              before,
              id,
              rows().map((row) => row.id),
            )
          : toggleSelected(before, id),
      ),
    all: () => setSelection(() => selectAll(rows().map((row) => row.id))),
    star,
    starAll: (ids: readonly string[]) => {
      const known = new Map(rows().map((row) => [row.id, row.starred]));
      const starred = ids.some((id) => known.get(id) === false);
      ids.forEach((id) => star(id, starred));
    },
    remove: (ids: readonly string[]) => {
      if (ids.length === 0) return;
      setSelection((before) => withoutSelected(before, new Set(ids)));
      remove(ids);
    },
    download: (ids: readonly string[]) => {
      if (ids.length === 0) return;
      client
        .exportExecutions(ids)
        .then((blob) => saveBlob(blob, "executions.ndjson"))
        .catch((error: unknown) => fail(texts.selection.notExported, error));
    },
  };
}

function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
