import { useMutation, useQueryClient } from "@tanstack/react-query";
import { asProblem, useClient, type Outline, type OutlineExecution } from "@/api";
import { texts } from "@/texts";
import { useToast } from "@/ui";
import { outlineKey } from "../useOutline";

/** An execution's star. The star changes at once, and changes back if the request fails. */
export function useStar({ id, starred }: OutlineExecution) {
  const client = useClient();
  const queries = useQueryClient();
  const toaster = useToast();
  const show = (next: boolean) =>
    queries.setQueryData<Outline>(
      outlineKey(id),
      (outline) => outline && { ...outline, execution: { ...outline.execution, starred: next } },
    );
  const change = useMutation({
    mutationFn: (next: boolean) => client.setStar(id, next),
    onMutate: (next) => {
      show(next);
    },
    onError: (error, next) => {
      show(!next);
      toaster.show({
        tone: "error",
        message: texts.controls.starNotKept(asProblem(error).detail),
      });
    },
  });
  return { isStarred: starred, toggle: () => change.mutate(!starred) };
}
