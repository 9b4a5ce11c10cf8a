import { useNavigate } from "@tanstack/react-router";
import type { RefObject } from "react";
import type { Summary } from "@/api";
import { useKeys, type KeyBinding } from "@/app/keys";
import { openingAddress } from "@/model/matches";
import { texts } from "@/texts";
import type { RowsHandle } from "./Rows";
import type { ListStore } from "./store";
import type { useSelection } from "./useSelection";

interface Options {
  rows: () => readonly Summary[];
  store: ListStore;
  total: number | undefined;
  cursor: string | undefined;
  onCursor: (id: string | undefined, byKey: boolean) => void;
  handle: RefObject<RowsHandle | null>;
  selection: ReturnType<typeof useSelection>;
  search: RefObject<HTMLInputElement | null>;
}

/** Put the list's keys in force. */
export function useRowKeys(options: Options): void {
  const { store, total, cursor, onCursor, handle, selection, search } = options;
  const navigate = useNavigate();
  const chosen = selection.selection.ids;

  const move = (by: number) => {
    const rows = options.rows();
    const at = rows.findIndex((row) => row.id === cursor);
    const next = at < 0 ? (handle.current?.firstInView() ?? 0) : at + by;
    const row = rows[Math.min(rows.length - 1, Math.max(0, next))];
    if (row === undefined) return;
    handle.current?.reveal(rows.indexOf(row));
    onCursor(row.id, true);
  };
  const extend = (by: number) => {
    if (cursor !== undefined && !chosen.has(cursor)) selection.select(cursor, false);
    const rows = options.rows();
    const row = rows[rows.findIndex((each) => each.id === cursor) + by];
    if (row === undefined) return;
    selection.select(row.id, false);
    move(by);
  };
  const targets = () => (chosen.size > 0 ? [...chosen] : cursor === undefined ? [] : [cursor]);
  const key = (keys: string, label: string | undefined, run: () => void): KeyBinding => ({
    keys,
    group: texts.list.title,
    run,
    ...(label !== undefined && { label }),
  });

  useKeys([
    key("j", texts.listKeys.next, () => move(1)),
    key("ArrowDown", undefined, () => move(1)),
    key("k", texts.listKeys.previous, () => move(-1)),
    key("ArrowUp", undefined, () => move(-1)),
    key("Enter", texts.listKeys.open, () => {
      const row = options.rows().find((each) => each.id === cursor);
      if (row === undefined) return;
      const search = openingAddress(row);
      void navigate({ to: "/executions/$id", params: { id: row.id }, search });
    }),
    key("x", texts.listKeys.select, () => cursor !== undefined && selection.select(cursor, false)),
    key("X", texts.listKeys.selectTo, () => {
      if (cursor !== undefined) selection.select(cursor, true);
    }),
    key("J", texts.listKeys.selectNext, () => extend(1)),
    key("K", texts.listKeys.selectPrevious, () => extend(-1)),
    key("s", texts.controls.star, () => selection.starAll(targets())),
    key("e", texts.controls.export, () => selection.download(targets())),
    key("#", texts.controls.delete, () => remove()),
    key("Delete", undefined, () => remove()),
    key("Escape", texts.selection.none, () => selection.clear()),
    key("n", texts.listKeys.showNew, () => store.state().fresh > 0 && store.reveal()),
    key("g g", texts.listKeys.newest, () => toStart()),
    key("Home", undefined, () => toStart()),
    key("G", texts.listKeys.oldest, () => store.toEnd(total)),
    key("End", undefined, () => store.toEnd(total)),
    key("/", texts.listKeys.search, () => search.current?.select()),
  ]);

  /**
   * Delete the selected rows, or the row with the cursor. The cursor then moves to the next row.
   */
  function remove() {
    const ids = targets();
    const rows = options.rows();
    const at = rows.findIndex((row) => row.id === cursor);
    const next = [...rows.slice(at + 1), ...rows.slice(0, Math.max(0, at)).reverse()].find(
      (row) => !ids.includes(row.id),
    );
    if (cursor !== undefined && ids.includes(cursor)) onCursor(next?.id, true);
    selection.remove(ids);
  }

  function toStart() {
    onCursor(undefined, true);
    store.toTop();
  }
}
