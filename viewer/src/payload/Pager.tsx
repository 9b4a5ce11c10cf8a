import { useState } from "react";
import { formatRange } from "@/model/format";
import { PAGE_SIZE, type TreeRow } from "@/model/payloadTree";
import { texts } from "@/texts";

interface Props {
  row: TreeRow & { kind: "pager" };
  /** Load a page that begins at an index. */
  onLoad: (from: number) => void;
  /** Go to an item by its index. */
  onJump: (index: number) => void;
}

const JUMP_FROM = 3 * PAGE_SIZE;

/** The controls where a long list continues: the next page, or any index. */
export function Pager({ row, onLoad, onJump }: Props) {
  const { held, side } = row;
  const [index, setIndex] = useState("");
  const end = held.from + held.children.length;
  const from = side === "after" ? (held.next ?? end) : Math.max(held.from - PAGE_SIZE, 0);
  const count = side === "after" ? Math.min(PAGE_SIZE, held.count - from) : held.from - from;
  const jump = () => {
    const wanted = Number(index);
    if (index === "" || !Number.isInteger(wanted) || wanted < 0 || wanted >= held.count) return;
    onJump(wanted);
  };
  return (
    <div className="flex h-6 items-center gap-3 ps-4 font-sans text-sm text-muted">
      <button type="button" className="text-accent hover:underline" onClick={() => onLoad(from)}>
        {side === "after" ? texts.payload.next(count) : texts.payload.previous(count)}
      </button>
      <span>{texts.payload.of(formatRange(held.from, end - 1), held.count)}</span>
      {side === "after" && held.count >= JUMP_FROM && (
        <form
          className="flex items-center gap-1"
          onSubmit={(event) => {
            event.preventDefault();
            jump();
          }}
        >
          <label className="flex items-center gap-1">
            {texts.payload.goTo}
            <input
              value={index}
              inputMode="numeric"
              placeholder={texts.payload.index}
              onChange={(event) => setIndex(event.target.value)}
              className="h-5 w-16 rounded-sm border border-line-strong px-1"
            />
          </label>
        </form>
      )}
    </div>
  );
}
