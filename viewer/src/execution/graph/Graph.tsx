import {
  Controls,
  MarkerType,
  MiniMap,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useStore,
  type Edge,
  type NodeHandle,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useMemo } from "react";
import type { OutlineNode } from "@/api";
import {
  NODE_PX,
  buildFlow,
  type Flow,
  type FlowGroup as FlowGroupBox,
  type FlowNode,
} from "@/model/flow";
import { getMark, type Mark } from "@/model/status";
import { texts } from "@/texts";
import { EmptyState, Spinner } from "@/ui";
import { getEndMs } from "../run";
import type { ViewProps } from "../timeline/Waterfall";
import { FlowGroup, type GroupNode } from "./FlowGroup";
import { FlowStep, type StepNode } from "./FlowStep";
import "./graph.css";
import { useDefinition } from "./useDefinition";
import { useGraphKeys } from "./useGraphKeys";
import { useInView } from "./useInView";

const NODE_TYPES = { step: FlowStep, group: FlowGroup };
/** The number of nodes from which on a map helps. */
const LEAST_MAPPED = 24;
/** The zoom below which nodes show their names alone, in large letters. */
const FAR_ZOOM = 0.7;
const HANDLES: NodeHandle[] = [
  { type: "target", position: Position.Left, x: 0, y: NODE_PX.height / 2, width: 1, height: 1 },
  {
    ...{ type: "source", position: Position.Right, x: NODE_PX.width, y: NODE_PX.height / 2 },
    ...{ width: 1, height: 1 },
  },
];

/** The workflow as a graph, with the outcome of each node. */
export function Graph(props: ViewProps) {
  const { outline } = props;
  const definition = useDefinition(outline.execution.workflowId);
  const over = getEndMs(outline);
  const flow = useMemo(
    () => (definition === undefined ? null : buildFlow(outline.nodes, definition, over)),
    [outline.nodes, definition, over],
  );
  if (flow === null) {
    return (
      <div className="flex h-full items-center justify-center">
        <Spinner />
      </div>
    );
  }
  if (flow.nodes.length === 0) return <EmptyState title={texts.timeline.noNodes} />;
  return (
    <ReactFlowProvider>
      <Canvas {...props} flow={flow} />
    </ReactFlowProvider>
  );
}

function Canvas({ outline, chosen, onChoose, onPick, onOpen, flow }: ViewProps & { flow: Flow }) {
  const bySequence = useMemo(
    () => new Map(outline.nodes.map((node) => [node.sequence, node])),
    [outline.nodes],
  );
  const chosenId = chosen === null ? undefined : bySequence.get(chosen)?.nodeId;
  const nodes = useMemo(
    () => [
      ...flow.groups.map(buildGroup),
      ...flow.nodes.map((step) => buildStep(step, bySequence, chosenId)),
    ],
    [flow.groups, flow.nodes, bySequence, chosenId],
  );
  const edges = useMemo(() => {
    // A box shows what runs within a node.
    const boxed = new Set(flow.groups.map(({ id }) => id));
    return flow.edges.filter(({ inner, source }) => !(inner && boxed.has(source))).map(buildLine);
  }, [flow.edges, flow.groups]);
  const frame = useInView(flow, chosenId);
  const isFar = useStore(({ transform: [, , zoom] }) => zoom < FAR_ZOOM);
  const choose = (step: FlowNode) => {
    if (step.sequence !== null) onChoose(step.sequence);
  };
  const onKeyDown = useGraphKeys({ flow, chosenId, onChoose: choose, onOpen });
  return (
    // The buttons in this element take the keys. One handler serves thousands of buttons.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={frame}
      data-far={isFar ? "" : undefined}
      className="fl-graph group/graph relative h-full"
      onKeyDown={onKeyDown}
    >
      <ReactFlow
        aria-label={texts.graph.label}
        ariaLabelConfig={{
          "controls.ariaLabel": texts.graph.controls,
          "controls.zoomIn.ariaLabel": texts.graph.zoomIn,
          "controls.zoomOut.ariaLabel": texts.graph.zoomOut,
          "controls.fitView.ariaLabel": texts.graph.fit,
          "node.a11yDescription.default": "",
          "node.a11yDescription.keyboardDisabled": "",
          "edge.a11yDescription.default": "",
        }}
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        onNodeClick={(_, { data }) => {
          if ("step" in data && data.step.sequence !== null) onPick(data.step.sequence);
        }}
        // The library's licence asks for no mark in the page; docs/reference/dependencies.md names it.
        proOptions={{ hideAttribution: true }}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        minZoom={0.05}
        maxZoom={2}
        onlyRenderVisibleElements
      >
        <Controls showInteractive={false} position="bottom-left" />
        {flow.nodes.length >= LEAST_MAPPED && (
          <MiniMap
            pannable
            zoomable
            position="bottom-right"
            ariaLabel={texts.graph.map}
            nodeColor={mapColour}
            nodeStrokeWidth={0}
          />
        )}
      </ReactFlow>
      {flow.inferred && (
        <p className="absolute end-2 top-2 rounded-sm bg-canvas px-1.5 text-sm text-muted">
          {texts.graph.inferred}
        </p>
      )}
    </div>
  );
}

function buildGroup({ id, x, y, width, height, runs, nodes }: FlowGroupBox): GroupNode {
  const size = { width, height };
  return {
    ...{ id: `group:${id}`, type: "group", position: { x, y }, zIndex: -1 },
    ...{ data: { runs, nodes }, selectable: false, ...size, measured: size },
  };
}

const MAP_COLOURS: Partial<Record<Mark, string>> = {
  error: "var(--fl-error-fill)",
  crashed: "var(--fl-error-fill)",
  running: "var(--fl-running)",
  success: "var(--fl-bar)",
};

function mapColour({ data }: StepNode | GroupNode): string {
  if (!("step" in data)) return "transparent";
  return (data.mark && MAP_COLOURS[data.mark]) ?? "var(--fl-line-strong)";
}

function buildStep(
  step: FlowNode,
  bySequence: ReadonlyMap<number, OutlineNode>,
  chosenId: string | undefined,
): StepNode {
  const node = step.sequence === null ? undefined : bySequence.get(step.sequence);
  const mark: Mark | null = node === undefined ? step.status : getMark(node);
  return {
    id: step.id,
    type: "step",
    position: { x: step.x, y: step.y },
    data: { step, mark, isChosen: step.id === chosenId },
    ...NODE_PX,
    measured: NODE_PX,
    handles: HANDLES,
  };
}

function buildLine({ id, source, target, taken, inner, label }: Flow["edges"][number]): Edge {
  const colour = taken ? "var(--fl-control)" : "var(--fl-line-strong)";
  return {
    ...{ id, source, target, label, ariaLabel: texts.graph.line(source, target) },
    style: {
      stroke: colour,
      strokeWidth: taken ? 1.5 : 1,
      ...((inner || !taken) && { strokeDasharray: "4 4" }),
    },
    markerEnd: { type: MarkerType.ArrowClosed, color: colour, width: 14, height: 14 },
  };
}
