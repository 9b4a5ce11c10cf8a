import { createContext, use, useSyncExternalStore } from "react";

const TICK_MS = 1000;

/** The page's only clock: all relative times change together, once a second. */
function createTicker() {
  const listeners = new Set<() => void>();
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    now: () => now,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      timer ??= setInterval(() => {
        now = Date.now();
        listeners.forEach((each) => each());
      }, TICK_MS);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      };
    },
  };
}

const ticker = createTicker();
const FrozenNow = createContext<number | null>(null);

/** Stops the time for the components below this provider, for pictures and tests. */
export const FrozenClock = FrozenNow.Provider;

/** Return the time in milliseconds since 1970, at most one second old. */
export function useNow(): number {
  const live = useSyncExternalStore(ticker.subscribe, ticker.now);
  return use(FrozenNow) ?? live;
}
