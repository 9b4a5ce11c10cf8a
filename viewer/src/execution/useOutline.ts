import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useClient, type Outline } from "@/api";
import { useChanges } from "@/live";
import { withEstimatedTimes } from "@/model/estimates";
import { withOwnPlaces } from "@/model/places";

/** The shortest time between two reads of an outline, however fast the run changes. */
const REFETCH_EVERY_MS = 250;
const FRESH_MS = 5000;

/** Return the query key of an execution's outline. */
export function outlineKey(id: string) {
  return ["outline", id] as const;
}

/** Read an execution's outline, and read the outline again after each change. */
export function useOutline(id: string): UseQueryResult<Outline> {
  const client = useClient();
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const outline = useQuery({
    queryKey: outlineKey(id),
    queryFn: async ({ signal }) => {
      const found = await client.outline(id, { signal });
      const nodes = withOwnPlaces(found.nodes);
      return { ...found, nodes: [...withEstimatedTimes(nodes, found.execution)] };
    },
  });
  const refetch = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      // A request under way may be older than the change, so request again.
      void queries.invalidateQueries({ queryKey: outlineKey(id) });
    }, REFETCH_EVERY_MS);
  };
  useChanges(
    (ids) => {
      const isConcerned =
        ids.includes(id) || outline.data?.children.some((child) => ids.includes(child.id)) === true;
      if (isConcerned) refetch();
    },
    () => {
      // An ended run has hardly changed while the connection was being made.
      const isFresh = Date.now() - outline.dataUpdatedAt < FRESH_MS;
      if (!isFresh || outline.data?.execution.status === "running") refetch();
    },
  );
  useEffect(() => () => clearTimeout(timer.current), []);
  return outline;
}
