import { useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";

const STEP = 0.03;

interface Props {
  label: string;
  /** The first pane's share of the width, 0 to 1. */
  share: number;
  onShare: (share: number) => void;
  min?: number;
  max?: number;
  first: ReactNode;
  second: ReactNode;
}

/** Two panes side by side, with a handle that is dragged or moved by arrow keys. */
export function Splitter({ label, share, onShare, min = 0.2, max = 0.8, first, second }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const set = (next: number) => onShare(Math.min(max, Math.max(min, next)));

  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = frame.current?.getBoundingClientRect();
    if (box !== undefined && box.width > 0) set((event.clientX - box.left) / box.width);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft") set(share - STEP);
    else if (event.key === "ArrowRight") set(share + STEP);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div ref={frame} className="flex h-full min-h-0 w-full">
      <div className="min-w-0 overflow-hidden" style={{ flexBasis: `${share * 100}%` }}>
        {first}
      </div>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions --
          a separator with a value is the ARIA pattern for a splitter, and interactive */}
      <div
        role="separator"
        aria-label={label}
        aria-orientation="vertical"
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={min * 100}
        aria-valuemax={max * 100}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a separator with a value is interactive
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onKeyDown={key}
        className="relative w-px shrink-0 cursor-col-resize touch-none bg-line before:absolute before:-inset-x-1 before:inset-y-0 hover:bg-accent"
      />
      <div className="min-w-0 grow overflow-hidden" style={{ flexBasis: 0 }}>
        {second}
      </div>
    </div>
  );
}
