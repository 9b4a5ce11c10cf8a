import { createContext, use, useState, type ReactNode } from "react";
import type { ListStore } from "./store";

/** The list's state, kept while another page is open. */
export class ListMemory {
  scrollTop = 0;
  /** The execution that was opened last, or reached by keys. */
  cursor: string | undefined;
  #kept: { key: string; store: ListStore } | undefined;

  /** Return the list for these filters, if the list was the last one shown. */
  storeFor(key: string): ListStore | undefined {
    return this.#kept?.key === key ? this.#kept.store : undefined;
  }

  keep(key: string, store: ListStore): void {
    if (this.#kept?.store === store) return;
    this.#kept = { key, store };
    this.scrollTop = 0;
    this.cursor = undefined;
  }

  noteScroll(scrollTop: number): void {
    this.scrollTop = scrollTop;
  }

  noteCursor(id: string | undefined): void {
    this.cursor = id;
  }
}

const MemoryContext = createContext<ListMemory | null>(null);

interface Props {
  /** A memory with the first list, if it was prepared. */
  prepared?: ListMemory | undefined;
  children: ReactNode;
}

export function ListMemoryProvider({ prepared, children }: Props) {
  const [memory] = useState(() => prepared ?? new ListMemory());
  return <MemoryContext value={memory}>{children}</MemoryContext>;
}

/** Return the list's state that is kept while another page is open. */
export function useListMemory(): ListMemory {
  const memory = use(MemoryContext);
  if (memory === null) throw new Error("The list needs a ListMemoryProvider around it.");
  return memory;
}
