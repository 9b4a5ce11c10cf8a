import { Link } from "@tanstack/react-router";
import { asProblem, useClient, type PayloadAddress } from "@/api";
import type { TreeRow } from "@/model/payloadTree";
import { shown, type Told } from "@/model/payloadValue";
import { readablePath } from "@/model/pointers";
import { IconButton, Tooltip, Icon, useCopy, useToast } from "@/ui";

const MOST_SEARCHED_CHARACTERS = 200;
const MOST_COPIED_BYTES = 32_000_000;

interface Props {
  address: PayloadAddress;
  version: string;
  pointer: string;
  rows: readonly TreeRow[];
}

/** The path of the chosen value, and the actions for the value. */
export function PathBar({ address, pointer, rows }: Props) {
  const client = useClient();
  const copy = useCopy();
  const toaster = useToast();
  const path = readablePath(pointer);
  const row = rows.find((each) => each.kind === "value" && each.pointer === pointer);
  const value = row?.kind === "value" ? row.value : undefined;
  const searchable = value === undefined ? null : searchText(value);
  const copyValue = async () => {
    const known = value === undefined ? null : wholeText(value);
    if (known === null && (value?.bytes ?? 0) > MOST_COPIED_BYTES) {
      toaster.show({ tone: "error", message: "It is too large to be copied: download it." });
      return;
    }
    try {
      await copy(known ?? (await client.payloadValue(address, pointer)), "the value");
    } catch (error) {
      toaster.show({ tone: "error", message: asProblem(error).detail });
    }
  };
  return (
    <div className="flex h-8 shrink-0 items-center gap-1 border-t border-line bg-panel ps-3 pe-1">
      <code className="min-w-0 grow truncate text-muted" title={path}>
        {path}
      </code>
      {searchable !== null && (
        <Tooltip content="Find it in names, ids and errors of executions">
          <Link
            to="/"
            search={{ text: searchable }}
            aria-label="Find it in names, ids and errors of executions"
            className="flex size-7 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text"
          >
            <Icon name="search" />
          </Link>
        </Tooltip>
      )}
      <IconButton icon="path" label="Copy path" onClick={() => void copy(path, "the path")} />
      <IconButton icon="copy" label="Copy value" onClick={() => void copyValue()} />
    </div>
  );
}

/** Return the text that finds a scalar in a search; null where there is nothing to search for. */
function searchText(value: Told): string | null {
  const { kind, text } = shown(value);
  if (kind !== "string" && kind !== "number") return null;
  const line = text.split("\n", 1)[0]?.slice(0, MOST_SEARCHED_CHARACTERS).trim() ?? "";
  return line === "" ? null : line;
}

/** Return the value as a text if the whole value is already loaded, else null. */
function wholeText(value: Told): string | null {
  const { kind, text, isCut } = shown(value);
  const isScalar = kind !== "object" && kind !== "array" && kind !== "mark";
  return isScalar && !isCut ? text : null;
}
