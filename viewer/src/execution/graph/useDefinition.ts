import { useQuery } from "@tanstack/react-query";
import { useClient, type Definition } from "@/api";

/**
 * Return the workflow as it was drawn, empty without a manifest; null if the definition can't be
 * read, undefined while the definition loads.
 */
export function useDefinition(workflowId: string): Definition | null | undefined {
  const client = useClient();
  const { data, error } = useQuery({
    queryKey: ["definition", workflowId],
    queryFn: ({ signal }) => client.definition(workflowId, { signal }),
    staleTime: 60_000,
  });
  return error === null ? data : null;
}
