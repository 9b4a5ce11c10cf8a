import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useClient, type Json, type PayloadAddress } from "@/api";
import { numberText } from "@/model/exactJson";
import { childPointer, readableName, readablePath } from "@/model/pointers";
import { formatRange } from "@/model/format";
import { texts } from "@/texts";
import { Button, ErrorBox, IconButton, Spinner, classes } from "@/ui";
import { RedactedText } from "./RedactedText";
import { ValueText } from "./ValueText";

const PAGE_ROWS = 100;

interface Props {
  address: PayloadAddress;
  version: string;
  /** The list's pointer. */
  pointer: string;
  chosen: string;
  onChoose: (pointer: string) => void;
  onBack: () => void;
}

/** A list of similar objects as a table, one page at a time. */
export function TableView({ address, version, pointer, chosen, onChoose, onBack }: Props) {
  const client = useClient();
  const [offset, setOffset] = useState(0);
  const { data, error, refetch } = useQuery({
    queryKey: ["payload", address, version, "table", pointer, offset],
    queryFn: ({ signal }) =>
      client.payloadTable(address, pointer, { offset, limit: PAGE_ROWS }, { signal }),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  if (error !== null) {
    return <ErrorBox error={error} onRetry={() => void refetch()} className="m-2" />;
  }
  if (data === undefined) {
    return (
      <div className="p-3">
        <Spinner />
      </div>
    );
  }
  return (
    <div className="flex h-full flex-col">
      <div className="flex h-8 shrink-0 items-center gap-2 border-b border-line ps-1 pe-1 text-sm text-muted">
        <Button look="plain" icon="left" className="h-6 px-1.5 text-sm" onClick={onBack}>
          {texts.payload.tree}
        </Button>
        <code className="min-w-0 grow truncate">{readablePath(pointer)}</code>
        <Pages offset={offset} count={data.count} onOffset={setOffset} />
      </div>
      <div className="min-h-0 grow overflow-auto">
        <table aria-label={readablePath(pointer)} className="font-mono text-sm">
          <thead className="sticky top-0 bg-panel">
            <tr>
              <th scope="col" className={classes(CELL, "text-end font-normal text-muted")}>
                #
              </th>
              {data.columns.map((column) => (
                <th key={column} scope="col" className={classes(CELL, "font-normal text-muted")}>
                  {readableName(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.rows.map((cells, index) => {
              const row = childPointer(pointer, offset + index);
              return (
                <tr
                  key={row}
                  onClick={() => onChoose(row)}
                  className={row === chosen ? "bg-chosen" : "hover:bg-hover"}
                >
                  <th scope="row" className={classes(CELL, "text-end font-normal text-faint")}>
                    {offset + index}
                  </th>
                  {cells.map((cell, column) => (
                    <td
                      key={column}
                      className={classes(CELL, numberText(cell) !== null && "text-end")}
                    >
                      <Cell cell={cell} />
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

const CELL = "max-w-60 truncate border-b border-line px-2 py-1 text-start";

interface PagesProps {
  offset: number;
  count: number;
  onOffset: (offset: number) => void;
}

function Pages({ offset, count, onOffset }: PagesProps) {
  const last = Math.min(offset + PAGE_ROWS, count);
  return (
    <>
      <span className="shrink-0">{texts.payload.of(formatRange(offset + 1, last), count)}</span>
      <IconButton
        icon="left"
        label={texts.payload.previousRows}
        disabled={offset === 0}
        onClick={() => onOffset(Math.max(0, offset - PAGE_ROWS))}
      />
      <IconButton
        icon="right"
        label={texts.payload.nextRows}
        disabled={last >= count}
        onClick={() => onOffset(offset + PAGE_ROWS)}
      />
    </>
  );
}

/** A scalar as it is, or a container as `{kind, preview}`. */
function Cell({ cell }: { cell: Json }) {
  if (cell === null) return <span className="text-muted">{JSON.stringify(null)}</span>;
  if (typeof cell === "string") return <RedactedText text={cell.replaceAll("\n", "↵")} />;
  const number = numberText(cell);
  if (number !== null) return number;
  if (typeof cell !== "object") return String(cell);
  if (Array.isArray(cell) || cell.kind === "absent") return null;
  const preview = typeof cell.preview === "string" ? cell.preview : "";
  if (cell.kind === "mark") return <ValueText value={{ kind: "mark", preview, path: "" }} />;
  return <span className="text-faint">{preview}</span>;
}
