import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  use,
  useEffect,
  useEffectEvent,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from "react";
import { useClient } from "@/api";
import { LiveFeed, type Connection } from "./feed";

/** The first part of the keys of those queries that are repeated when executions have changed. */
export const AGGREGATES = "aggregates";
const AGGREGATES_EVERY_MS = 2000;

const FeedContext = createContext<LiveFeed | null>(null);

/** Follow the history for all components below this one. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useClient();
  const queries = useQueryClient();
  const [feed] = useState(() => new LiveFeed());
  useEffect(() => feed.connect(client), [client, feed]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: [AGGREGATES] });
      }, AGGREGATES_EVERY_MS);
    };
    const stop = feed.listen({ changed: soon, reset: soon });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [feed, queries]);
  return <FeedContext value={feed}>{children}</FeedContext>;
}

/** Return the feed of changes of the history. */
export function useFeed(): LiveFeed {
  const feed = use(FeedContext);
  if (feed === null) throw new Error("Live updates need a LiveProvider around them.");
  return feed;
}

/**
 * Call `onChanged` with the ids of changed executions, and `onReset` when anything may have
 * changed.
 */
export function useChanges(
  onChanged: (ids: readonly string[]) => void,
  onReset: () => void = noop,
): void {
  const feed = useFeed();
  const changed = useEffectEvent(onChanged);
  const reset = useEffectEvent(onReset);
  useEffect(() => feed.listen({ changed: (ids) => changed(ids), reset: () => reset() }), [feed]);
}

/** Return the state of the live connection. */
export function useConnection(): Connection {
  const feed = useFeed();
  return useSyncExternalStore(feed.watch, feed.connection);
}

function noop(): void {
  // The caller needs only the ids.
}
