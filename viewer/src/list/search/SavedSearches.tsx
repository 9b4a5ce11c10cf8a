import { useState } from "react";
import { parseSearch, stringifySearch } from "@/app/search";
import { readFilters, type ListFilters } from "@/model/filters";
import { addSaved, withoutSaved, type KeptSearches } from "@/model/keptSearches";
import { describePeriod } from "@/model/ranges";
import { formatSearchText } from "@/model/searchText";
import { Button, Dialog, IconButton, QueryText, useNow } from "@/ui";

interface Props {
  filters: ListFilters;
  kept: KeptSearches;
  onKept: (update: (kept: KeptSearches) => KeptSearches) => void;
  onFilters: (filters: ListFilters) => void;
}

/** The button and dialog for named searches: save this one, open one, remove one. */
export function SavedSearches({ filters, kept, onKept, onFilters }: Props) {
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  const address = stringifySearch({ ...filters });
  const isSaved = kept.saved.some((each) => each.address === address);
  return (
    <>
      <IconButton
        icon="bookmark"
        label="Saved searches"
        filled={isSaved}
        className="size-6"
        onClick={() => setOpen(true)}
      />
      <Dialog open={isOpen} onClose={close} title="Saved searches">
        <div className="flex flex-col gap-4 p-4">
          {address !== "" && (
            <SaveForm
              filters={filters}
              onSave={(name) => {
                onKept((before) => addSaved(before, { name, address }));
                close();
              }}
            />
          )}
          <SavedList
            kept={kept}
            onOpen={(chosen) => {
              close();
              onFilters(readFilters(parseSearch(chosen)));
            }}
            onRemove={(name) => onKept((before) => withoutSaved(before, name))}
          />
          {kept.recent.length > 0 && (
            <Button
              className="self-start"
              onClick={() => onKept((before) => ({ ...before, recent: [] }))}
            >
              Forget {kept.recent.length} recent {kept.recent.length === 1 ? "search" : "searches"}
            </Button>
          )}
          <p className="text-sm text-muted">This browser keeps the searches. No server does.</p>
        </div>
      </Dialog>
    </>
  );
}

interface FormProps {
  filters: ListFilters;
  onSave: (name: string) => void;
}

function SaveForm({ filters, onSave }: FormProps) {
  const [name, setName] = useState("");
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "") onSave(name.trim());
      }}
    >
      <SearchLine filters={filters} />
      <div className="flex items-end gap-2">
        <label className="min-w-0 grow">
          Save this search as
          <input
            value={name}
            onChange={(event) => setName(event.target.value)}
            maxLength={100}
            className="mt-1 block h-7 w-full rounded-md border border-control px-2"
          />
        </label>
        <Button type="submit" look="primary" disabled={name.trim() === ""}>
          Save
        </Button>
      </div>
    </form>
  );
}

interface ListProps {
  kept: KeptSearches;
  onOpen: (address: string) => void;
  onRemove: (name: string) => void;
}

function SavedList({ kept, onOpen, onRemove }: ListProps) {
  if (kept.saved.length === 0) {
    return (
      <p className="text-muted">No search is saved yet. Search for something, then save it.</p>
    );
  }
  return (
    <ul aria-label="Saved searches">
      {kept.saved.map(({ name, address }) => (
        <li key={name} className="flex items-center gap-2 border-b border-line last:border-0">
          <button
            type="button"
            onClick={() => onOpen(address)}
            className="min-w-0 grow rounded-sm px-2 py-1 hover:bg-hover"
          >
            <span className="block truncate">{name}</span>
            <SearchLine filters={readFilters(parseSearch(address))} />
          </button>
          <IconButton icon="trash" label={`Remove ${name}`} onClick={() => onRemove(name)} />
        </li>
      ))}
    </ul>
  );
}

function SearchLine({ filters }: { filters: ListFilters }) {
  const now = useNow();
  const period = describePeriod(filters, now);
  return (
    <span className="block truncate text-sm text-muted">
      <code>
        <QueryText text={formatSearchText(filters)} />
      </code>{" "}
      {[filters.project, period].filter(Boolean).join(", ")}
    </span>
  );
}
