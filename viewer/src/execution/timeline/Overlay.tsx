import type { RefObject } from "react";
import { classes } from "@/ui";
import { COLUMNS } from "./TimelineRow";
import type { useLanePointer } from "./useLanePointer";

interface OverlayProps {
  lanes: RefObject<HTMLDivElement | null>;
  pointer: ReturnType<typeof useLanePointer>;
}

/** The layer over all lanes: the cross-hair, and the range that is being dragged. */
export function Overlay({ lanes, pointer: { drag, hair } }: OverlayProps) {
  return (
    <div aria-hidden className={classes("pointer-events-none absolute inset-0 grid", COLUMNS)}>
      <div ref={lanes} className="relative col-start-2 me-4">
        {drag !== null && (
          <span
            className="absolute inset-y-0 border-x border-accent bg-accent/15"
            style={{
              left: `${Math.min(drag.from, drag.to) * 100}%`,
              width: `${Math.abs(drag.to - drag.from) * 100}%`,
            }}
          />
        )}
        <div
          ref={hair}
          hidden
          className="fl-hair absolute inset-y-0 w-px bg-control after:sticky after:top-0 after:ms-1 after:rounded-sm after:bg-raised after:px-1 after:text-xs after:whitespace-nowrap after:text-muted after:content-[attr(data-time)] data-[side=left]:after:float-right data-[side=left]:after:me-1"
        />
      </div>
    </div>
  );
}

/** The lines of the ticks, behind all bars. */
export function Grid({ ticks }: { ticks: readonly number[] }) {
  return (
    <div aria-hidden className={classes("pointer-events-none absolute inset-0 grid", COLUMNS)}>
      <div className="relative col-start-2 me-4">
        {ticks.map((left) => (
          <span
            key={left}
            className="absolute inset-y-0 w-px bg-line opacity-60"
            style={{ left: `${left * 100}%` }}
          />
        ))}
      </div>
    </div>
  );
}
