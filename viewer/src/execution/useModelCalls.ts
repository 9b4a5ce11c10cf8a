import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useClient, type ModelCalls, type Outline } from "@/api";
import { joinCalls } from "@/model/modelCalls";

/** The most pages of 10,000 nodes that are read, because the receiver reads their payloads. */
const MOST_PAGES = 10;
const KEPT_WHILE_RUNNING_MS = 2_000;

type Run = Pick<Outline, "execution">;

/** Return the calls of models in a run. Their sum grows while the pages of a long run are read. */
export function useModelCalls({ execution }: Run): ModelCalls | undefined {
  const client = useClient();
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = useInfiniteQuery({
    queryKey: ["models", execution.id, execution.status, execution.durationMs],
    queryFn: ({ pageParam, signal }) =>
      client.modelCalls(execution.id, { nodesCursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page, pages) =>
      pages.length < MOST_PAGES ? page.nextNodesCursor : undefined,
    staleTime: execution.status === "running" ? KEPT_WHILE_RUNNING_MS : Infinity,
  });
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isError, isFetching]);
  return useMemo(() => (data === undefined ? undefined : joinCalls(data.pages)), [data]);
}

/** Return the calls of models in one node execution, with the conversation. */
export function useConversation({ execution }: Run, sequence: number): ModelCalls | undefined {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ["models", execution.id, execution.status, execution.durationMs, sequence],
    queryFn: ({ signal }) => client.modelCalls(execution.id, { sequence }, { signal }),
    staleTime: execution.status === "running" ? KEPT_WHILE_RUNNING_MS : Infinity,
  });
  return data;
}
