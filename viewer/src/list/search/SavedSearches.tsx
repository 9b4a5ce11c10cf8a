import { useState } from "react";
import type { SavedQuery } from "@/api";
import { parseSearch } from "@/app/search";
import { readFilters, type ListFilters } from "@/model/filters";
import type { KeptSearches } from "@/model/keptSearches";
import { formatSavedQuery, readSavedQuery } from "@/model/savedQueries";
import { texts } from "@/texts";
import { Button, Dialog, IconButton, QueryText } from "@/ui";
import { useSavedQueries } from "./useSavedQueries";

interface Props {
  filters: ListFilters;
  workflowIds: ReadonlySet<string>;
  kept: KeptSearches;
  onKept: (update: (kept: KeptSearches) => KeptSearches) => void;
  onFilters: (filters: ListFilters) => void;
}

/** The button and dialog for named searches: save this one, open one, remove one. */
export function SavedSearches({ filters, workflowIds, kept, onKept, onFilters }: Props) {
  const [isOpen, setOpen] = useState(false);
  const query = formatSavedQuery(filters);
  const { saved, save, remove } = useSavedQueries(isOpen || query !== "");
  const close = () => setOpen(false);
  const isSaved = saved.some((each) => each.query === query);
  return (
    <>
      <IconButton
        icon="bookmark"
        label={texts.savedSearches.title}
        filled={isSaved}
        className="size-6"
        onClick={() => setOpen(true)}
      />
      <Dialog open={isOpen} onClose={close} title={texts.savedSearches.title}>
        <div className="flex flex-col gap-4 p-4">
          {query !== "" && (
            <SaveForm query={query} onSave={(name) => void save([{ name, query }]).then(close)} />
          )}
          <SavedList
            saved={saved}
            onOpen={(chosen) => {
              close();
              onFilters(readSavedQuery(chosen, workflowIds));
            }}
            onRemove={remove}
          />
          {kept.saved.length > 0 && (
            <Button
              className="self-start"
              onClick={() => {
                const moved = kept.saved.map(({ name, address }) => ({
                  name: name.trim(),
                  query: formatSavedQuery(readFilters(parseSearch(address))),
                }));
                void save(moved.filter(({ query: each }) => each !== "")).then(() =>
                  onKept((before) => ({ ...before, saved: [] })),
                );
              }}
            >
              {texts.savedSearches.move(kept.saved.length)}
            </Button>
          )}
          {kept.recent.length > 0 && (
            <Button
              className="self-start"
              onClick={() => onKept((before) => ({ ...before, recent: [] }))}
            >
              {texts.savedSearches.forget(kept.recent.length)}
            </Button>
          )}
          <p className="text-sm text-muted">{texts.savedSearches.note}</p>
        </div>
      </Dialog>
    </>
  );
}

interface FormProps {
  query: string;
  onSave: (name: string) => void;
}

function SaveForm({ query, onSave }: FormProps) {
  const [name, setName] = useState("");
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "") onSave(name.trim());
      }}
    >
      <SearchLine query={query} />
      <div className="flex items-end gap-2">
        <label className="min-w-0 grow">
          {texts.savedSearches.saveAs}
          <input
            value={name}
            onChange={(event) => setName(event.target.value)}
            maxLength={100}
            className="mt-1 block h-7 w-full rounded-md border border-control px-2"
          />
        </label>
        <Button type="submit" look="primary" disabled={name.trim() === ""}>
          {texts.savedSearches.save}
        </Button>
      </div>
    </form>
  );
}

interface ListProps {
  saved: readonly SavedQuery[];
  onOpen: (query: string) => void;
  onRemove: (name: string) => void;
}

function SavedList({ saved, onOpen, onRemove }: ListProps) {
  if (saved.length === 0) {
    return <p className="text-muted">{texts.savedSearches.none}</p>;
  }
  return (
    <ul aria-label={texts.savedSearches.title}>
      {saved.map(({ name, query }) => (
        <li key={name} className="flex items-center gap-2 border-b border-line last:border-0">
          <button
            type="button"
            onClick={() => onOpen(query)}
            className="min-w-0 grow rounded-sm px-2 py-1 hover:bg-hover"
          >
            <span className="block truncate">{name}</span>
            <SearchLine query={query} />
          </button>
          <IconButton
            icon="trash"
            label={texts.savedSearches.remove(name)}
            onClick={() => onRemove(name)}
          />
        </li>
      ))}
    </ul>
  );
}

function SearchLine({ query }: { query: string }) {
  return (
    <code className="block truncate text-sm text-muted">
      <QueryText text={query} />
    </code>
  );
}
