import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { asProblem, useClient, type SavedQuery } from "@/api";
import { texts } from "@/texts";
import { useToast } from "@/ui";

const KEY = ["saved-queries"];

/** The queries that are saved in the history, and what changes them. */
export function useSavedQueries(enabled: boolean) {
  const client = useClient();
  const queries = useQueryClient();
  const toaster = useToast();
  const { data: saved = NONE } = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => client.savedQueries({ signal }),
    enabled,
  });
  const refresh = () => queries.invalidateQueries({ queryKey: KEY });
  const save = useMutation({
    mutationFn: async (added: readonly SavedQuery[]) => {
      for (const { name, query } of added) await client.saveQuery(name, query);
    },
    onSettled: refresh,
    onError: (error) =>
      toaster.show({
        tone: "error",
        message: texts.savedSearches.notSaved(asProblem(error).detail),
      }),
  });
  const remove = useMutation({
    mutationFn: (name: string) => client.removeSavedQuery(name),
    onSettled: refresh,
    onError: (error) =>
      toaster.show({
        tone: "error",
        message: texts.savedSearches.notRemoved(asProblem(error).detail),
      }),
  });
  return { saved, save: save.mutateAsync, remove: (name: string) => remove.mutate(name) };
}

const NONE: readonly SavedQuery[] = [];
