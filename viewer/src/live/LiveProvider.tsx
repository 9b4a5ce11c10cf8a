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

/** Queries whose key begins so are asked again when executions have changed. */
export const AGGREGATES = "aggregates";
const AGGREGATES_EVERY_MS = 2000;

const FeedContext = createContext<LiveFeed | null>(null);

/** Follows the history for everything below it. */
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

export function useFeed(): LiveFeed {
  const feed = use(FeedContext);
  if (feed === null) throw new Error("Live updates need a LiveProvider around them.");
  return feed;
}

/** Calls back with the ids of changed executions, and when anything may have changed. */
export function useChanges(
  onChanged: (ids: readonly string[]) => void,
  onReset: () => void = noop,
): void {
  const feed = useFeed();
  const changed = useEffectEvent(onChanged);
  const reset = useEffectEvent(onReset);
  useEffect(() => feed.listen({ changed: (ids) => changed(ids), reset: () => reset() }), [feed]);
}

export function useConnection(): Connection {
  const feed = useFeed();
  return useSyncExternalStore(feed.watch, feed.connection);
}

function noop(): void {
  // The caller only wants the ids.
}
