import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useClient, type PayloadAddress, type PayloadMatch, type PayloadMatches } from "@/api";
import { readablePath } from "@/model/pointers";
import { texts } from "@/texts";
import { ErrorBox, IconButton, Spinner, classes } from "@/ui";
import { ValueText } from "./ValueText";

/**
 * The largest payload that is searched on each keystroke. A larger payload is searched on Enter.
 */
const AT_ONCE_BYTES = 1_000_000;

interface Props {
  address: PayloadAddress;
  version: string;
  bytes: number;
  /** Show a value in the tree. */
  onReveal: (pointer: string) => void;
  onClose: () => void;
}

/** Search for a text in names and values, or select by JSONPath if the text begins with `$`. */
export function Search({ address, version, bytes, onReveal, onClose }: Props) {
  const client = useClient();
  const [text, setText] = useState("");
  const [sent, setSent] = useState("");
  const [shown, setShown] = useState<string | null>(null);
  const typed = useDeferredValue(text);
  const isPath = text.startsWith("$");
  const asked = bytes <= AT_ONCE_BYTES && !isPath ? typed : sent;
  const found = useQuery({
    queryKey: ["payload", address, version, "search", asked],
    queryFn: ({ signal }) =>
      asked.startsWith("$")
        ? client.payloadSelect(address, asked, { signal })
        : client.payloadSearch(address, asked, { signal }),
    enabled: asked !== "",
    retry: false,
    staleTime: Infinity,
  });
  return (
    <search className="flex max-h-1/2 shrink-0 flex-col border-b border-line">
      <form
        className="flex items-center gap-1 px-2 py-1"
        onSubmit={(event) => {
          event.preventDefault();
          setSent(text);
        }}
      >
        <input
          // Take the focus, because the reader has just opened this field.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          value={text}
          aria-label={texts.payloadSearch.label}
          placeholder={texts.payloadSearch.placeholder}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && onClose()}
          className="h-6 min-w-0 grow rounded-sm border border-line-strong px-2 font-mono text-sm"
        />
        <IconButton icon="close" label={texts.payloadSearch.close} onClick={onClose} />
      </form>
      {asked !== "" && (
        <div className="min-h-0 overflow-y-auto">
          {found.isError ? (
            <ErrorBox error={found.error} className="m-2" />
          ) : found.data === undefined ? (
            <div className="p-2">
              <Spinner label={texts.controls.searching} />
            </div>
          ) : (
            <Matches
              found={found.data}
              shown={shown}
              onShow={(pointer) => {
                setShown(pointer);
                onReveal(pointer);
              }}
            />
          )}
        </div>
      )}
    </search>
  );
}

interface MatchesProps {
  found: PayloadMatches;
  shown: string | null;
  onShow: (pointer: string) => void;
}

function Matches({ found, shown, onShow }: MatchesProps) {
  const { matches, complete } = found;
  const { none, matches: all, firstMatches } = texts.payloadSearch;
  return (
    <>
      <p role="status" className="px-3 pb-1 text-sm text-muted">
        {matches.length === 0
          ? none
          : complete
            ? all(matches.length)
            : firstMatches(matches.length)}
      </p>
      <ul aria-label={texts.payloadSearch.list} className="pb-1">
        {matches.map((match, index) => (
          <li key={index}>
            <button
              type="button"
              onClick={() => onShow(match.path)}
              className={classes(
                "flex w-full min-w-0 items-baseline gap-2 px-3 py-0.5 font-mono text-sm",
                match.path === shown ? "bg-chosen" : "hover:bg-hover",
              )}
            >
              <Found match={match} />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Found({ match }: { match: PayloadMatch }) {
  return (
    <>
      <span className="max-w-3/5 shrink-0 truncate text-muted">{readablePath(match.path)}</span>
      <span className="min-w-0 truncate">
        <ValueText value={match} />
      </span>
    </>
  );
}
