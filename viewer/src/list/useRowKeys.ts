import { useNavigate } from "@tanstack/react-router";
import type { RefObject } from "react";
import type { Summary } from "@/api";
import { useKeys, type KeyBinding } from "@/app/keys";
import { openingAddress } from "@/model/matches";
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

const GROUP = "Executions";

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
    group: GROUP,
    run,
    ...(label !== undefined && { label }),
  });

  useKeys([
    key("j", "Next execution", () => move(1)),
    key("ArrowDown", undefined, () => move(1)),
    key("k", "Previous execution", () => move(-1)),
    key("ArrowUp", undefined, () => move(-1)),
    key("Enter", "Open", () => {
      const row = options.rows().find((each) => each.id === cursor);
      if (row === undefined) return;
      const search = openingAddress(row);
      void navigate({ to: "/executions/$id", params: { id: row.id }, search });
    }),
    key("x", "Select", () => cursor !== undefined && selection.select(cursor, false)),
    key("X", "Select from the last selected to here", () => {
      if (cursor !== undefined) selection.select(cursor, true);
    }),
    key("J", "Select the next too", () => extend(1)),
    key("K", "Select the previous too", () => extend(-1)),
    key("s", "Star", () => selection.starAll(targets())),
    key("e", "Export", () => selection.download(targets())),
    key("#", "Delete", () => remove()),
    key("Delete", undefined, () => remove()),
    key("Escape", "Select nothing", () => selection.clear()),
    key("n", "Show new executions", () => store.state().fresh > 0 && store.reveal()),
    key("g g", "To the newest", () => toStart()),
    key("Home", undefined, () => toStart()),
    key("G", "To the oldest", () => store.toEnd(total)),
    key("End", undefined, () => store.toEnd(total)),
    key("/", "Search", () => search.current?.select()),
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
