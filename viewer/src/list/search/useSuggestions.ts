import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useClient, type QueryField, type SavedQuery } from "@/api";
import { complete, findField, type Completion, type KnownValues } from "@/model/completion";
import { findTerm } from "@/model/queryText";
import type { KeptSearches } from "@/model/keptSearches";
import { texts } from "@/texts";

/** One choice below the search box. */
export type Suggestion =
  | { readonly kind: "completion"; readonly completion: Completion }
  | { readonly kind: "saved"; readonly search: SavedQuery }
  | { readonly kind: "recent"; readonly text: string };

/** Suggestions under one heading. */
export interface SuggestionGroup {
  readonly title: string;
  readonly suggestions: readonly Suggestion[];
}

const MOST_RECENT_BESIDE = 3;
/** The fields that an empty box offers. */
const FIRST_FIELDS: ReadonlySet<string> = new Set(
  "status workflow node output error duration after".split(" "),
);

/** The fields of queries. They never change while the page is open. */
export function useQueryFields(enabled: boolean): readonly QueryField[] | undefined {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ["query fields"],
    queryFn: ({ signal }) => client.queryFields({ signal }),
    staleTime: Infinity,
    enabled,
  });
  return data;
}

/** Return what fits the text at the caret: completions, and kept searches. */
export function useSuggestions(
  text: string,
  caret: number,
  fields: readonly QueryField[],
  known: KnownValues,
  kept: KeptSearches,
  saved: readonly SavedQuery[],
): readonly SuggestionGroup[] {
  return useMemo(() => {
    const typed = text.trim();
    const isEmpty = typed === "";
    const completions = isEmpty ? completeNothing(fields) : complete(text, caret, fields, known);
    const recent = kept.recent.filter((each) => each !== typed && each.includes(typed));
    const groups: SuggestionGroup[] = [
      {
        title: texts.savedSearches.title,
        suggestions: isEmpty ? saved.map((search) => ({ kind: "saved", search })) : [],
      },
      {
        title: texts.search.recent,
        suggestions: (isEmpty ? recent : recent.slice(0, MOST_RECENT_BESIDE)).map((each) => ({
          ...{ kind: "recent", text: each },
        })),
      },
      {
        title:
          isEmpty || findTerm(text, caret)?.field === null
            ? texts.search.fields
            : texts.search.values,
        suggestions: completions.map((completion) => ({ kind: "completion", completion })),
      },
    ];
    const inOrder = isEmpty ? groups : groups.reverse();
    return inOrder.filter((group) => group.suggestions.length > 0);
  }, [text, caret, fields, known, kept, saved]);
}

function completeNothing(fields: readonly QueryField[]): Completion[] {
  return fields
    .filter((field) => FIRST_FIELDS.has(field.name))
    .flatMap((field) => complete(field.name, field.name.length, [field], {}));
}

/** Return the field at the caret. */
export function useFieldAt(
  text: string,
  caret: number,
  fields: readonly QueryField[],
): QueryField | undefined {
  const name = findTerm(text, caret)?.field;
  return name === null || name === undefined ? undefined : findField(name, fields);
}
