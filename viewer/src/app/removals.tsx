import {
  createContext,
  use,
  useCallback,
  useEffect,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from "react";
import { asProblem, useClient } from "@/api";
import { Removals } from "@/model/removals";
import { texts } from "@/texts";
import { useToast } from "@/ui";

/** The time in which a deletion can be undone. */
export const UNDO_MS = 8000;

const RemovalsContext = createContext<Removals | null>(null);

/** Delete executions after a delay in which the reader can undo the deletion. */
export function RemovalsProvider({ children }: { children: ReactNode }) {
  const client = useClient();
  const [removals] = useState(
    () =>
      new Removals({
        announce: (ids, afterMs) => client.removeLater(ids, afterMs),
        cancel: (waitingId) => client.cancelRemoval(waitingId),
        send: async (ids, leaving) => {
          await client.remove(ids, { leaving });
        },
      }),
  );
  useEffect(() => {
    const leave = () => removals.flush(true);
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
    };
  }, [removals]);
  return <RemovalsContext value={removals}>{children}</RemovalsContext>;
}

function useStore(): Removals {
  const removals = use(RemovalsContext);
  if (removals === null) throw new Error("Deleting needs a RemovalsProvider around it.");
  return removals;
}

/** Return the ids of executions that are hidden because the reader deleted them. */
export function useRemoved(): ReadonlySet<string> {
  const removals = useStore();
  return useSyncExternalStore(removals.watch, removals.hidden);
}

/** Return a function that deletes executions, and offers to undo the deletion for eight seconds. */
export function useRemove(): (ids: readonly string[]) => void {
  const removals = useStore();
  const toaster = useToast();
  return useCallback(
    (ids) => {
      const removal = removals.remove(ids, {
        afterMs: UNDO_MS,
        onUndoError: (error) =>
          toaster.show({
            tone: "error",
            message: texts.deletion.notUndone(asProblem(error).detail),
          }),
        onError: (error, count) =>
          toaster.show({
            tone: "error",
            message:
              count === ids.length
                ? texts.deletion.nothingDeleted(asProblem(error).detail)
                : texts.deletion.notDeleted(count, asProblem(error).detail),
          }),
      });
      toaster.show({
        message: texts.deletion.deleted(ids.length),
        forMs: UNDO_MS,
        action: { label: texts.deletion.undo, onAction: removal.undo },
      });
    },
    [removals, toaster],
  );
}
