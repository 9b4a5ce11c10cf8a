import { useRef, useState, type PointerEvent, type RefObject } from "react";
import { dragged, timeAt, type Domain } from "@/model/timescale";
import { tickLabel } from "./tickLabel";

const LEAST_DRAG_PX = 4;

interface Options {
  /** The element that contains the lanes, from their left to their right edge. */
  lanes: RefObject<HTMLElement | null>;
  domain: Domain;
  origin: number;
  onZoom: (domain: Domain) => void;
}

interface Drag {
  readonly from: number;
  readonly to: number;
}

/** The cross-hair under the pointer, and zooming by dragging. Positions are shares of the width. */
export function useLanePointer({ lanes, domain, origin, onZoom }: Options) {
  const hair = useRef<HTMLDivElement>(null);
  const began = useRef<number | null>(null);
  const [drag, setDrag] = useState<Drag | null>(null);

  const getShare = (event: PointerEvent): number | null => {
    const box = lanes.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return null;
    const share = (event.clientX - box.left) / box.width;
    return share < 0 && began.current === null ? null : Math.min(Math.max(share, 0), 1);
  };
  // Move the cross-hair without React, because the pointer moves more often than React should draw.
  const moveHair = (share: number | null) => {
    const element = hair.current;
    if (element === null) return;
    element.hidden = share === null;
    if (share === null) return;
    element.style.left = `${share * 100}%`;
    const ms = timeAt(share, domain) - origin;
    element.dataset.time = tickLabel(ms, (domain.end - domain.start) / 200);
    element.dataset.side = share > 0.85 ? "left" : "right";
  };

  return {
    hair,
    drag,
    handlers: {
      onPointerDown: (event: PointerEvent) => {
        if (event.button === 0 && event.pointerType !== "touch") began.current = getShare(event);
      },
      onPointerMove: (event: PointerEvent<HTMLElement>) => {
        const share = getShare(event);
        moveHair(share);
        if (began.current === null || share === null) return;
        const width = lanes.current?.clientWidth ?? 1;
        if (drag === null && Math.abs(share - began.current) * width < LEAST_DRAG_PX) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: began.current, to: share });
      },
      onPointerUp: () => {
        if (drag !== null) {
          const width = lanes.current?.clientWidth ?? 1;
          const part = dragged(drag.from, drag.to, domain, LEAST_DRAG_PX / width);
          if (part !== null) onZoom(part);
        }
        began.current = null;
        setDrag(null);
      },
      onPointerCancel: () => {
        began.current = null;
        setDrag(null);
      },
      onPointerLeave: () => moveHair(null),
    },
  };
}
