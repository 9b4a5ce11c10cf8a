import { useEffect, useEffectEvent, useRef, useState, type Ref } from "react";
import { formatSearchText, parseSearchText } from "@/model/searchText";
import type { ListFilters } from "@/model/filters";
import { Icon, IconButton, Kbd } from "@/ui";

const TYPING_MS = 250;

interface Props {
  filters: ListFilters;
  onFilters: (filters: ListFilters) => void;
  ref: Ref<HTMLInputElement>;
}

/** All filters as one line of text. Typed text becomes filters, and filters become text. */
export function SearchBox({ filters, onFilters, ref }: Props) {
  const shown = formatSearchText(filters);
  const [draft, setDraft] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const commit = useEffectEvent((text: string) => {
    clearTimeout(timer.current);
    onFilters(parsed(filters, text));
  });
  useEffect(() => {
    if (draft === null) return;
    timer.current = setTimeout(() => commit(draft), TYPING_MS);
    return () => clearTimeout(timer.current);
  }, [draft]);
  const text = draft ?? shown;

  const finish = () => {
    if (draft !== null) onFilters(parsed(filters, draft));
    setDraft(null);
  };

  return (
    <div role="search" className="relative min-w-0 grow">
      <Icon name="search" size={14} className="absolute top-1.75 left-2 text-muted" />
      <input
        ref={ref}
        type="text"
        aria-label="Search executions"
        placeholder="Search: status:error node:charge …"
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={finish}
        onKeyDown={(event) => {
          if (event.key === "Enter") finish();
          if (event.key === "Escape") event.currentTarget.blur();
        }}
        className="h-7 w-full rounded-md border border-control bg-canvas ps-7 pe-8 focus-visible:outline-offset-0"
      />
      {text === "" ? (
        <Kbd className="pointer-events-none absolute top-1 right-1.5 max-sm:hidden">/</Kbd>
      ) : (
        <IconButton
          icon="close"
          label="Clear the search"
          className="absolute top-0.5 right-0.5 size-6"
          onClick={() => {
            setDraft(null);
            onFilters(parsed(filters, ""));
          }}
        />
      )}
    </div>
  );
}

function parsed({ project, last, after, before }: ListFilters, text: string): ListFilters {
  return { project, last, after, before, ...parseSearchText(text) };
}
