import type { KeyboardEvent } from "react";
import type { TreeRow } from "@/model/payloadTree";
import { parentPointer } from "@/model/pointers";

interface Options {
  rows: readonly TreeRow[];
  /** The index of the chosen row; -1 for none. */
  at: number;
  onChoose: (pointer: string) => void;
  toggle: (row: TreeRow & { kind: "value" }) => void;
}

/** Handle the tree's keys: up and down choose, right and left unfold and fold, or go in and out. */
export function useTreeKeys({ rows, at, onChoose, toggle }: Options) {
  const row = rows[at];
  const go = (from: number, by: 1 | -1) => {
    for (let index = from; index >= 0 && index < rows.length; index += by) {
      const next = rows[index];
      if (next?.kind === "value") {
        onChoose(next.pointer);
        return;
      }
    }
  };
  const right = () => {
    if (row?.kind !== "value" || row.open === null) return;
    const inner = rows[at + 1];
    // While the children load, there is no row to go to.
    if (!row.open) toggle(row);
    else if (inner?.kind === "value" && inner.depth > row.depth) onChoose(inner.pointer);
  };
  const left = () => {
    if (row?.kind !== "value") return;
    const parent = parentPointer(row.pointer);
    if (row.open === true) toggle(row);
    else if (parent !== null && parent !== "") onChoose(parent);
  };
  const actions: Record<string, () => void> = {
    ArrowDown: () => go(at + 1, 1),
    ArrowUp: () => go(at < 0 ? rows.length - 1 : at - 1, -1),
    Home: () => go(0, 1),
    End: () => go(rows.length - 1, -1),
    ArrowRight: right,
    ArrowLeft: left,
    Enter: () => row?.kind === "value" && row.open !== null && toggle(row),
    " ": () => row?.kind === "value" && row.open !== null && toggle(row),
  };
  return (event: KeyboardEvent) => {
    // Buttons and fields within the tree keep their own keys.
    if (event.target !== event.currentTarget) return;
    const action = actions[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  };
}
