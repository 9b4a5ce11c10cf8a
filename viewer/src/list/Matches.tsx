import type { MouseEvent } from "react";
import type { QueryMatch } from "@/api";
import { splitSnippet } from "@/model/matches";
import { texts } from "@/texts";

interface Props {
  matches: readonly QueryMatch[] | undefined;
  hrefOf: (match: QueryMatch) => string;
  onOpen: (match: QueryMatch) => void;
  isPlain: (event: MouseEvent) => boolean;
}

/** Where a row's execution matches the query. Each place is a link to the payload at the match. */
export function Matches({ matches, hrefOf, onOpen, isPlain }: Props) {
  if (matches === undefined) return null;
  if (matches.length === 0) {
    return <span className="text-sm text-faint">{texts.row.matchesItself}</span>;
  }
  return matches.map((match, index) => (
    <a
      key={index}
      href={hrefOf(match)}
      title={`${describePlace(match)}: ${match.snippet}`}
      onClick={(event) => {
        if (!isPlain(event)) return;
        event.preventDefault();
        onOpen(match);
      }}
      className="relative z-1 flex h-5 max-w-full min-w-0 items-center gap-1.5 rounded-sm border border-line px-1.5 text-sm hover:border-control hover:bg-canvas"
    >
      <span className="max-w-[min(18rem,40vw)] shrink-0 truncate text-muted">
        {describePlace(match)}
      </span>
      <span className="min-w-0 truncate font-mono">
        {splitSnippet(match).map(({ text, isFound }, part) =>
          isFound ? (
            <mark key={part} className="rounded-xs bg-found text-text">
              {text}
            </mark>
          ) : (
            text
          ),
        )}
      </span>
    </a>
  ));
}

function describePlace({ node, path }: QueryMatch): string {
  return node === null ? path : `${node} · ${path}`;
}
