import { useReactFlow } from "@xyflow/react";
import { useEffect, useRef } from "react";
import { NODE_PX, type Flow } from "@/model/flow";

const MOST_FITTED = 80;
const LEAST_READABLE_ZOOM = 0.5;
const MARGIN_PX = 32;

/** Bring the whole graph into view, or only the chosen node where the whole graph is unreadable. */
export function useInView(flow: Flow, chosenId: string | undefined) {
  const { fitView, getViewport, setCenter } = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const count = flow.nodes.length;
  useEffect(() => {
    if (count > MOST_FITTED) return;
    void fitView({ padding: 0.06, maxZoom: 1, minZoom: LEAST_READABLE_ZOOM });
  }, [count, fitView]);
  useEffect(() => {
    const node = flow.nodes.find((each) => each.id === chosenId);
    const box = frame.current?.getBoundingClientRect();
    if (node === undefined || box === undefined) return;
    const { x, y, zoom } = getViewport();
    const left = node.x * zoom + x;
    const top = node.y * zoom + y;
    const isIn =
      left >= MARGIN_PX &&
      top >= MARGIN_PX &&
      left + NODE_PX.width * zoom <= box.width - MARGIN_PX &&
      top + NODE_PX.height * zoom <= box.height - MARGIN_PX;
    if (isIn) return;
    const middle = [node.x + NODE_PX.width / 2, node.y + NODE_PX.height / 2] as const;
    void setCenter(...middle, { zoom: Math.max(zoom, LEAST_READABLE_ZOOM) });
    // The layout may change while a run continues, so only another choice moves the view.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [chosenId]);
  useEffect(() => {
    const { current } = frame;
    if (chosenId === undefined || current?.contains(document.activeElement) !== true) return;
    current.querySelector<HTMLElement>(`[data-step="${CSS.escape(chosenId)}"]`)?.focus();
  }, [chosenId]);
  return frame;
}
