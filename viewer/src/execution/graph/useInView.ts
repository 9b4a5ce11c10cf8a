import { useReactFlow } from "@xyflow/react";
import { useEffect, useEffectEvent, useRef } from "react";
import { NODE_PX, type Flow } from "@/model/flow";

const MOST_FITTED = 80;
const LEAST_READABLE_ZOOM = 0.5;

/** Bring the whole graph into view, or only the chosen node where the whole graph is unreadable. */
export function useInView(flow: Flow, chosenId: string | undefined) {
  const { fitView, getViewport, setCenter } = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const count = flow.nodes.length;
  const showChosen = useEffectEvent(() => {
    const node = flow.nodes.find((each) => each.id === chosenId);
    const box = frame.current?.getBoundingClientRect();
    if (node === undefined || box === undefined) return;
    const { x, y, zoom } = getViewport();
    const left = node.x * zoom + x;
    const top = node.y * zoom + y;
    const isIn =
      left >= 0 &&
      top >= 0 &&
      left + NODE_PX.width * zoom <= box.width &&
      top + NODE_PX.height * zoom <= box.height;
    if (isIn) return;
    const middle = [node.x + NODE_PX.width / 2, node.y + NODE_PX.height / 2] as const;
    void setCenter(...middle, { zoom: Math.max(zoom, LEAST_READABLE_ZOOM) });
  });
  useEffect(() => {
    if (count > MOST_FITTED) return;
    const fitted = fitView({ padding: 0.06, maxZoom: 1, minZoom: LEAST_READABLE_ZOOM });
    void fitted.then(() => showChosen());
  }, [count, fitView]);
  // The layout may change while a run continues, so only another choice moves the view.
  useEffect(() => showChosen(), [chosenId]);
  useEffect(() => {
    const { current } = frame;
    if (chosenId === undefined || current?.contains(document.activeElement) !== true) return;
    current.querySelector<HTMLElement>(`[data-step="${CSS.escape(chosenId)}"]`)?.focus();
  }, [chosenId]);
  return frame;
}
