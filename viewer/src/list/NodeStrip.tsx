import { useQuery } from "@tanstack/react-query";
import { memo, useState, type PointerEvent, type SVGProps } from "react";
import { useClient, type NodeStatus, type Summary } from "@/api";
import { formatDuration } from "@/model/format";
import { withoutRoot } from "@/model/rootNode";
import { describeNodes, readStrip } from "@/model/status";
import { texts } from "@/texts";
import { Bubble } from "@/ui";

const SIDE = 7;
const STEP = 9;
const HEIGHT = 11;
/** The number of squares that fit at full size. */
const FULL_SIZE = 12;

const SHAPES: readonly {
  status: NodeStatus;
  shape: (x: number) => string;
  look: SVGProps<SVGPathElement>;
}[] = [
  { status: "success", shape: square, look: { className: "fill-bar" } },
  { status: "running", shape: square, look: { className: "fill-running" } },
  { status: "error", shape: cross, look: { className: "stroke-error", strokeWidth: 2 } },
  { status: "skipped", shape: outline, look: { className: "stroke-line-strong" } },
  {
    status: "pending",
    shape: outline,
    look: { className: "stroke-line-strong", strokeDasharray: "1.5 1.5" },
  },
];

interface Props {
  id: string;
  nodes: Summary["nodes"];
}

/** An execution's nodes in order: one square each, with a cross for a failed node. */
export const NodeStrip = memo(function NodeStrip({ id, nodes }: Props) {
  const [hovered, setHovered] = useState<{ index: number; strip: Element } | null>(null);
  const statuses = readStrip(nodes.strip);
  const width = Math.max(1, statuses.length) * STEP;
  const shown = Math.min(width, FULL_SIZE * STEP);
  const draw = (status: string, shape: (x: number) => string) =>
    statuses.map((each, index) => (each === status ? shape(index * STEP) : "")).join("");
  const hover = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = Math.floor(((event.clientX - box.left) / box.width) * statuses.length);
    setHovered(statuses[at] === undefined ? null : { index: at, strip: event.currentTarget });
  };
  return (
    <>
      <svg
        role="img"
        aria-label={describeNodes(nodes)}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={shown}
        height={HEIGHT}
        preserveAspectRatio="none"
        fill="none"
        className="relative z-1"
        onPointerMove={hover}
        onPointerLeave={() => setHovered(null)}
      >
        {SHAPES.filter(({ status }) => statuses.includes(status)).map(({ status, shape, look }) => (
          <path key={status} d={draw(status, shape)} {...look} />
        ))}
      </svg>
      {hovered !== null && (
        <Bubble anchor={hovered.strip}>
          <Square id={id} nodes={nodes} index={hovered.index} />
        </Bubble>
      )}
    </>
  );
});

/** The name, status and duration of the node behind a square. */
function Square({ id, nodes, index }: Props & { index: number }) {
  const client = useClient();
  // A long list of nodes is shortened to fewer squares, which then name no node.
  const isWhole = nodes.strip.length === nodes.total;
  const { data } = useQuery({
    queryKey: ["node names", id, nodes.done, nodes.total],
    queryFn: ({ signal }) => client.outline(id, { signal }),
    staleTime: Infinity,
    enabled: isWhole,
  });
  const status = readStrip(nodes.strip)[index] ?? "pending";
  const node = data === undefined ? undefined : withoutRoot(data).outline.nodes[index];
  if (!isWhole) return describeNodes(nodes);
  return (
    <>
      {node?.nodeName ?? texts.row.node(index + 1)} · {texts.mark[status]}
      {node?.durationMs !== undefined && ` · ${formatDuration(node.durationMs)}`}
      <br />
      <span className="text-muted">{describeNodes(nodes)}</span>
    </>
  );
}

function square(x: number): string {
  return `M${x} 2h${SIDE}v${SIDE}h${-SIDE}z`;
}

function outline(x: number): string {
  return `M${x + 0.5} 2.5h${SIDE - 1}v${SIDE - 1}h${1 - SIDE}z`;
}

function cross(x: number): string {
  return `M${x + 0.5} 2.5l6 6M${x + 6.5} 2.5l-6 6`;
}
