import { createContext, use, useSyncExternalStore } from "react";

const TICK_MS = 1000;

/** One clock for the page: whoever shows a relative time moves with it, once a second. */
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

/** Below it, time stands still: for pictures and tests. */
export const FrozenClock = FrozenNow.Provider;

/** Milliseconds since 1970, a second old at most. */
export function useNow(): number {
  const live = useSyncExternalStore(ticker.subscribe, ticker.now);
  return use(FrozenNow) ?? live;
}
