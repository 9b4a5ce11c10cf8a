import { useQuery } from "@tanstack/react-query";
import { HistoryProblem, useClient, type Definition } from "@/api";

/**
 * Return the workflow as it was drawn; null if no definition exists, undefined while the definition
 * loads.
 */
export function useDefinition(workflowId: string): Definition | null | undefined {
  const client = useClient();
  const { data, error } = useQuery({
    queryKey: ["definition", workflowId],
    queryFn: async ({ signal }) => {
      try {
        return await client.definition(workflowId, { signal });
      } catch (problem) {
        if (problem instanceof HistoryProblem && problem.status === 404) return null;
        throw problem;
      }
    },
    staleTime: 60_000,
  });
  return error === null ? data : null;
}
