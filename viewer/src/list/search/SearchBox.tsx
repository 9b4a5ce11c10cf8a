import { useQuery } from "@tanstack/react-query";
import {
  useEffect,
  useEffectEvent,
  useId,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type Ref,
} from "react";
import { flushSync } from "react-dom";
import { useClient, type Facets, type WorkflowStats } from "@/api";
import { isImpossible, type KnownValues } from "@/model/completion";
import { listFacetValues } from "@/model/facets";
import type { ListFilters } from "@/model/filters";
import { addRecent } from "@/model/keptSearches";
import { isUnfinished, readTerms } from "@/model/queryText";
import { readSavedQuery } from "@/model/savedQueries";
import { formatSearchText, parseSearchText } from "@/model/searchText";
import { texts } from "@/texts";
import { Icon, IconButton, Kbd } from "@/ui";
import { QueryInput } from "./QueryInput";
import { SavedSearches } from "./SavedSearches";
import { SuggestionList } from "./SuggestionList";
import { useKeptSearches } from "./useKeptSearches";
import { useSavedQueries } from "./useSavedQueries";
import { useFieldAt, useQueryFields, useSuggestions, type Suggestion } from "./useSuggestions";

const TYPING_MS = 300;
const KNOWN_FOR_MS = 60_000;

interface Props {
  filters: ListFilters;
  /** `replace` puts the search in place of the latest one in the browser's history. */
  onFilters: (filters: ListFilters, options?: { replace: boolean }) => void;
  /** Called when the reader has finished the search, and wants to go to the results. */
  onEnter: () => void;
  workflows: readonly WorkflowStats[] | undefined;
  ref: Ref<HTMLInputElement>;
}

/** All filters as one query. Typed text becomes filters, and filters become text. */
export function SearchBox({ filters, onFilters, onEnter, workflows = [], ref }: Props) {
  const shown = formatSearchText(filters);
  const [draft, setDraft] = useState<string | null>(null);
  const [caret, setCaret] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [hasFocused, setFocused] = useState(false);
  const hasTyped = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const { kept, change } = useKeptSearches();
  const queries = useSavedQueries(hasFocused);
  const fields = useQueryFields(hasFocused || shown !== "") ?? [];
  const facets = useFacetValues(hasFocused);
  const known = useMemo(() => listKnown(workflows, facets), [workflows, facets]);
  const text = draft ?? shown;
  const groups = useSuggestions(text, caret, fields, known, kept, queries.saved);
  const suggestions = groups.flatMap((group) => group.suggestions);
  const field = useFieldAt(text, caret, fields);
  const isShown = isOpen && (suggestions.length > 0 || field !== undefined);

  const ids = new Set([...workflows.map((each) => each.workflowId), ...(filters.workflow ?? [])]);
  const search = (typed: string, replace: boolean) => {
    const { project, last, after, before, sort } = filters;
    onFilters({ project, last, after, before, sort, ...parseSearchText(typed, ids) }, { replace });
  };
  // While the reader types, only the first search is a step of the browser's history.
  const searchWhileTyping = useEffectEvent((typed: string) => {
    const isReady =
      !isUnfinished(typed) && !readTerms(typed).some((each) => isImpossible(each, fields));
    if (!isReady) return;
    search(typed, hasTyped.current);
    hasTyped.current = true;
  });
  useEffect(() => {
    if (draft === null) return;
    timer.current = setTimeout(() => searchWhileTyping(draft), TYPING_MS);
    return () => clearTimeout(timer.current);
  }, [draft]);

  const edit = (typed: string, at: number) => {
    setDraft(typed);
    setCaret(at);
    setActive(-1);
    setOpen(true);
  };
  const finish = () => {
    clearTimeout(timer.current);
    setOpen(false);
    setActive(-1);
    if (draft !== null) {
      search(draft, hasTyped.current);
      change((before) => addRecent(before, draft));
    }
    hasTyped.current = false;
    setDraft(null);
  };
  const pick = (suggestion: Suggestion) => {
    if (suggestion.kind === "completion") {
      const { completion } = suggestion;
      // The browser puts the caret at the end of a text that was set. Move the caret before the
      // next key arrives.
      flushSync(() => edit(completion.text, completion.caret));
      input.current?.setSelectionRange(completion.caret, completion.caret);
      return;
    }
    setOpen(false);
    setActive(-1);
    setDraft(null);
    hasTyped.current = false;
    if (suggestion.kind === "recent") {
      search(suggestion.text, false);
      change((before) => addRecent(before, suggestion.text));
    } else onFilters(readSavedQuery(suggestion.search.query, ids));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const move = (by: 1 | -1) => {
      event.preventDefault();
      setOpen(true);
      const { length } = suggestions;
      if (length > 0)
        setActive((at) => (at < 0 && by < 0 ? length - 1 : (at + by + length) % length));
    };
    const chosen = isShown ? suggestions[active] : undefined;
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if ((event.key === "Enter" || event.key === "Tab") && chosen !== undefined) {
      event.preventDefault();
      pick(chosen);
    } else if (event.key === "Enter") {
      finish();
      onEnter();
    } else if (event.key === "Escape" && isShown) setOpen(false);
    else if (event.key === "Escape") event.currentTarget.blur();
  };

  return (
    <div role="search" className="relative min-w-0 grow">
      <Icon name="search" size={14} className="absolute top-1.75 left-2 text-muted" />
      <QueryInput
        ref={(element) => {
          input.current = element;
          if (typeof ref === "function") ref(element);
          else if (ref !== null) ref.current = element;
        }}
        type="text"
        role="combobox"
        aria-label={texts.search.label}
        aria-autocomplete="list"
        aria-expanded={isShown && suggestions.length > 0}
        {...(isShown && suggestions.length > 0 && { "aria-controls": id })}
        {...(isShown && active >= 0 && { "aria-activedescendant": `${id}-${active}` })}
        placeholder={texts.search.placeholder}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="none"
        enterKeyHint="search"
        value={text}
        fields={fields}
        onFocus={() => {
          setFocused(true);
          setOpen(true);
        }}
        onChange={(event) => {
          const { value, selectionStart } = event.target;
          edit(value, selectionStart ?? value.length);
        }}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
        onBlur={finish}
        onKeyDown={onKeyDown}
        className="h-7 w-full rounded-md border border-control bg-canvas ps-7 pe-15 focus-visible:outline-offset-0"
      />
      <div className="absolute top-0.5 right-0.5 flex items-center">
        {text === "" ? (
          <Kbd className="pointer-events-none me-1 max-sm:hidden">/</Kbd>
        ) : (
          <IconButton
            icon="close"
            label={texts.search.clear}
            className="size-6"
            onClick={() => {
              setDraft(null);
              search("", false);
            }}
          />
        )}
        <SavedSearches
          filters={filters}
          workflowIds={ids}
          kept={kept}
          onKept={change}
          onFilters={onFilters}
        />
      </div>
      {isShown && (
        <SuggestionList id={id} groups={groups} active={active} field={field} onPick={pick} />
      )}
    </div>
  );
}

/** The values that the newest runs of the history have. */
function useFacetValues(enabled: boolean): Facets | undefined {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ["known values"],
    queryFn: ({ signal }) => client.facets({}, { signal }),
    staleTime: KNOWN_FOR_MS,
    enabled,
  });
  return data?.facets;
}

function listKnown(workflows: readonly WorkflowStats[], facets: Facets | undefined): KnownValues {
  return {
    ...listFacetValues(facets),
    workflow: workflows.map(({ workflowId, workflowName }) => ({
      value: workflowId,
      detail: workflowName === workflowId ? "" : workflowName,
    })),
  };
}
