import { useQuery } from "@tanstack/react-query";
import { useClient, type ModelCalls, type Outline } from "@/api";

/** Return the calls of models in a run, or of one node execution with its conversation. */
export function useModelCalls(
  { execution }: Pick<Outline, "execution">,
  sequence?: number,
): ModelCalls | undefined {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ["models", execution.id, execution.status, execution.durationMs, sequence],
    queryFn: ({ signal }) => client.modelCalls(execution.id, sequence, { signal }),
    staleTime: execution.status === "running" ? 2_000 : Infinity,
  });
  return data;
}
