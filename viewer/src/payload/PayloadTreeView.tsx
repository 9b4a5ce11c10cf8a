import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useId, useRef, type MouseEvent } from "react";
import type { PayloadAddress } from "@/api";
import type { TreeRow } from "@/model/payloadTree";
import { childPointer } from "@/model/pointers";
import { texts } from "@/texts";
import { ErrorBox, Spinner } from "@/ui";
import { Pager } from "./Pager";
import { TextBlock } from "./TextBlock";
import type { usePayloadTree } from "./usePayloadTree";
import { useTreeKeys } from "./useTreeKeys";
import { ValueRow } from "./ValueRow";

export const TREE_ROW_PX = 24;
const BLOCK_GUESS_PX = 160;
const OVERSCAN = 10;
const INDENT_PX = 14;
const DEEPEST_INDENT = 12;

interface Props {
  address: PayloadAddress;
  version: string;
  tree: ReturnType<typeof usePayloadTree>;
  /** The chosen value's pointer. */
  chosen: string;
  onChoose: (pointer: string) => void;
  onTable: (pointer: string) => void;
}

/** The visible rows of a payload's tree. */
export function PayloadTreeView({ address, version, tree, chosen, onChoose, onTable }: Props) {
  const { rows, toggle, load, reveal } = tree;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer's functions are called here only
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === "block" ? BLOCK_GUESS_PX : TREE_ROW_PX),
    getItemKey: (index) => getKey(rows[index]) ?? index,
    overscan: OVERSCAN,
  });
  const at = rows.findIndex((row) => row.kind === "value" && row.pointer === chosen);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at);
  }, [at, virtual]);
  const onKeyDown = useTreeKeys({ rows, at, onChoose, toggle });
  const onJump = (pointer: string) => void reveal(pointer).then(() => onChoose(pointer));
  const onClick = (event: MouseEvent) => {
    const target = event.target as Element;
    const row = rows[Number(target.closest<HTMLElement>("[data-row]")?.dataset.row ?? -1)];
    if (row?.kind !== "value" || target.closest("button") !== null) return;
    onChoose(row.pointer);
    if (row.open !== null && target.closest("[data-fold]") !== null) toggle(row);
  };
  return (
    <div
      ref={scroller}
      role="tree"
      tabIndex={0}
      aria-label={texts.payload.values}
      {...(at >= 0 && { "aria-activedescendant": `${id}-${at}` })}
      onKeyDown={onKeyDown}
      onClick={onClick}
      className="h-full overflow-x-hidden overflow-y-auto py-1 font-mono text-sm"
    >
      <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const isChosen = index === at;
          return (
            <div
              key={key}
              id={`${id}-${index}`}
              ref={virtual.measureElement}
              data-index={index}
              role="treeitem"
              aria-level={row.depth + 1}
              aria-selected={isChosen}
              {...(row.kind === "value" && {
                "data-row": index,
                "aria-posinset": row.place.index + 1,
                "aria-setsize": row.place.of,
                ...(row.open !== null && { "aria-expanded": row.open }),
              })}
              className={`absolute inset-x-0 ${isChosen ? "bg-chosen [&_.text-faint]:text-muted" : "hover:bg-hover"}`}
              style={{
                transform: `translateY(${start}px)`,
                paddingInlineStart: 4 + Math.min(row.depth, DEEPEST_INDENT) * INDENT_PX,
              }}
            >
              <Content row={row} {...{ address, version, load, onTable, onJump }} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface ContentProps extends Pick<Props, "address" | "version" | "onTable"> {
  onJump: (pointer: string) => void;
  row: TreeRow;
  load: Props["tree"]["load"];
}

function Content({ row, address, version, load, onTable, onJump }: ContentProps) {
  switch (row.kind) {
    case "value":
      return <ValueRow row={row} onTable={onTable} />;
    case "block":
      return <TextBlock address={address} version={version} pointer={row.pointer} />;
    case "pager":
      return (
        <Pager
          row={row}
          onLoad={(from) => void load(row.pointer, from)}
          onJump={(index) => onJump(childPointer(row.pointer, index))}
        />
      );
    case "loading":
      return (
        <div className="ps-4 leading-6">
          <Spinner />
        </div>
      );
    case "failed":
      return (
        <ErrorBox
          error={row.error}
          onRetry={() => void load(row.pointer, 0)}
          className="m-2 font-sans"
        />
      );
  }
}

function getKey(row: TreeRow | undefined): string | undefined {
  if (row === undefined) return undefined;
  return row.kind === "pager"
    ? `${row.kind}-${row.side}-${row.pointer}`
    : `${row.kind}-${row.pointer}`;
}
