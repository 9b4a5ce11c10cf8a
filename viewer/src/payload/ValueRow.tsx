import { formatBytes } from "@/model/format";
import { readableName } from "@/model/pointers";
import { isRest, unfolds, type TreeRow } from "@/model/payloadTree";
import { texts } from "@/texts";
import { Icon } from "@/ui";
import { isTabular } from "./tabular";
import { ValueText } from "./ValueText";

const LEAST_SHOWN_BYTES = 1000;

interface Props {
  row: TreeRow & { kind: "value" };
  onTable: (pointer: string) => void;
}

/** One value: its name, its text or the beginning of its text, and its size. */
export function ValueRow({ row, onTable }: Props) {
  const { value, name, pointer, open } = row;
  const size = getSize(row);
  return (
    <div className="flex h-6 min-w-0 items-center gap-1 pe-2">
      <span data-fold className="flex h-full w-3.5 shrink-0 items-center text-muted">
        {open !== null && <Icon name={open ? "down" : "right"} size={12} />}
      </span>
      {name !== null && !isRest(value, name) && (
        <span data-fold className="max-w-3/5 shrink-0 truncate text-muted" title={String(name)}>
          <bdi className="whitespace-pre">{readableName(name)}</bdi>
          <span className="text-faint">:</span>
        </span>
      )}
      <span
        className="min-w-0 grow truncate"
        {...(unfolds(value) === "children" && { "data-fold": "" })}
      >
        <ValueText value={value} isOpen={open === true} />
      </span>
      {isTabular(value) && (
        <button
          type="button"
          tabIndex={-1}
          onClick={() => onTable(pointer)}
          className="shrink-0 rounded-sm px-1 font-sans text-sm text-accent hover:underline"
        >
          {texts.payload.asTableShort}
        </button>
      )}
      {size !== null && <span className="shrink-0 font-sans text-xs text-faint">{size}</span>}
    </div>
  );
}

function getSize({ value, open }: Props["row"]): string | null {
  if (open === null) return null;
  return value.bytes >= LEAST_SHOWN_BYTES ? formatBytes(value.bytes) : null;
}
