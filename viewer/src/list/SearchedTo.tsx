import { texts } from "@/texts";
import { Button, classes, Spinner, Time } from "@/ui";
import type { ListStore } from "./store";
import { useListState } from "./useList";

/** How far a bounded search came, and the button to go on. The search waits for the reader. */
export function SearchedTo({ store, className }: { store: ListStore; className?: string }) {
  const { searchedTo, loading } = useListState(store);
  if (searchedTo === null) return null;
  return (
    <div role="status" className={classes("flex h-9 items-center gap-2 px-3", className)}>
      <span>{texts.list.searchedBackTo(<Time time={searchedTo} as="time" />)}</span>
      {loading === null ? (
        <Button look="link" onClick={() => store.searchFurther()}>
          {texts.list.searchFurther}
        </Button>
      ) : (
        <Spinner label={texts.controls.searching} />
      )}
    </div>
  );
}
