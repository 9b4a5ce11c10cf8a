import { useCallback, useSyncExternalStore } from "react";
import { NO_SEARCHES, readKept, type KeptSearches } from "@/model/keptSearches";

const KEY = "flightlog-searches";

const watchers = new Set<() => void>();
let known: { text: string | null; kept: KeptSearches } = { text: null, kept: NO_SEARCHES };

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  window.addEventListener("storage", watcher);
  return () => {
    watchers.delete(watcher);
    window.removeEventListener("storage", watcher);
  };
}

function read(): KeptSearches {
  const text = readStorage();
  if (text !== known.text) known = { text, kept: readKept(text) };
  return known.kept;
}

function readStorage(): string | null {
  try {
    return localStorage.getItem(KEY) ?? known.text;
  } catch {
    return known.text;
  }
}

/** Return the kept searches, and a function that changes them in all tabs. */
export function useKeptSearches() {
  const kept = useSyncExternalStore(watch, read);
  const change = useCallback((update: (kept: KeptSearches) => KeptSearches) => {
    const next = update(read());
    const text = JSON.stringify(next);
    known = { text, kept: next };
    try {
      localStorage.setItem(KEY, text);
    } catch {
      // Some browsers refuse storage in private windows. The searches then last for this page.
    }
    watchers.forEach((watcher) => watcher());
  }, []);
  return { kept, change };
}
