import { useCallback, useSyncExternalStore } from "react";

/** Whether a media query holds, now and after each change. */
export function useMedia(query: string): boolean {
  const watch = useCallback(
    (watcher: () => void) => {
      const media = matchMedia(query);
      media.addEventListener("change", watcher);
      return () => media.removeEventListener("change", watcher);
    },
    [query],
  );
  return useSyncExternalStore(watch, () => matchMedia(query).matches);
}

/** Whether the window is as narrow as a phone's screen. */
export function useNarrow(): boolean {
  return useMedia("(max-width: 719px)");
}
