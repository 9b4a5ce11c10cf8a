import { useEffect, useRef } from "react";
import type { QueryField } from "@/api";
import { texts } from "@/texts";
import { classes, Icon, QueryText, type IconName } from "@/ui";
import type { Suggestion, SuggestionGroup } from "./useSuggestions";

interface Props {
  id: string;
  groups: readonly SuggestionGroup[];
  /** The index of the active suggestion over all groups; -1 for none. */
  active: number;
  /** The field at the caret, which is explained. */
  field: QueryField | undefined;
  onPick: (suggestion: Suggestion) => void;
}

/** The suggestions below the search box. The box keeps the focus. */
export function SuggestionList({ id, groups, active, field, onPick }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const firsts = groups.map((_, at) =>
    groups.slice(0, at).reduce((sum, group) => sum + group.suggestions.length, 0),
  );
  return (
    <div
      // The box keeps the focus.
      className="absolute inset-x-0 top-full z-30 mt-1 flex max-h-[min(420px,60vh)] flex-col overflow-hidden rounded-md border border-line-strong bg-raised"
      onPointerDown={(event) => event.preventDefault()}
    >
      <div
        ref={list}
        id={id}
        role="listbox"
        aria-label={texts.search.suggestions}
        className="min-h-0 overflow-y-auto"
      >
        {groups.map(({ title, suggestions }, group) => (
          <div key={title} role="group" aria-label={title} className="p-1">
            <div aria-hidden className="px-2 pt-0.5 text-xs text-muted">
              {title}
            </div>
            {suggestions.map((suggestion, at) => {
              const index = (firsts[group] ?? 0) + at;
              const isActive = index === active;
              return (
                // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the box has the keys
                <div
                  key={index}
                  id={`${id}-${index}`}
                  role="option"
                  aria-selected={isActive}
                  tabIndex={-1}
                  onClick={() => onPick(suggestion)}
                  className={classes(
                    "flex min-h-7 items-center gap-2 rounded-sm px-2 forced-colors:aria-selected:outline-2",
                    isActive ? "bg-chosen" : "hover:bg-hover",
                  )}
                >
                  <SuggestionLine suggestion={suggestion} />
                </div>
              );
            })}
          </div>
        ))}
      </div>
      {field !== undefined && (
        <p className="shrink-0 border-t border-line px-3 py-1.5 text-sm text-muted">
          {field.meaning.replaceAll("`", "")}{" "}
          <code className="whitespace-nowrap">
            <QueryText text={field.example} />
          </code>
        </p>
      )}
    </div>
  );
}

function SuggestionLine({ suggestion }: { suggestion: Suggestion }) {
  switch (suggestion.kind) {
    case "completion": {
      const { label, detail } = suggestion.completion;
      return (
        <>
          <code className="max-w-3/5 shrink-0 truncate">
            <QueryText text={label} />
          </code>
          <span className="min-w-0 grow truncate text-muted">{detail.replaceAll("`", "")}</span>
        </>
      );
    }
    case "saved":
      return <Line icon="bookmark">{suggestion.search.name}</Line>;
    case "recent":
      return (
        <Line icon="clock">
          <code>
            <QueryText text={suggestion.text} />
          </code>
        </Line>
      );
  }
}

function Line({ icon, children }: { icon: IconName; children: React.ReactNode }) {
  return (
    <>
      <Icon name={icon} size={14} className="text-muted" />
      <span className="min-w-0 grow truncate">{children}</span>
    </>
  );
}
