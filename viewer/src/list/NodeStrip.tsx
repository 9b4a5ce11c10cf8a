import { useQuery } from "@tanstack/react-query";
import { memo, useState, type PointerEvent } from "react";
import { useClient, type Summary } from "@/api";
import { formatDuration } from "@/model/format";
import { withoutRoot } from "@/model/rootNode";
import { describeNodes, readStrip } from "@/model/status";
import { texts } from "@/texts";
import { Tooltip } from "@/ui";

const SIDE = 7;
const STEP = 9;
const HEIGHT = 11;
/** The number of squares that fit at full size. */
const FULL_SIZE = 16;

interface Props {
  id: string;
  nodes: Summary["nodes"];
}

/** An execution's nodes in order: one square each, with a cross for a failed node. */
export const NodeStrip = memo(function NodeStrip({ id, nodes }: Props) {
  const [hovered, setHovered] = useState<number | null>(null);
  const statuses = readStrip(nodes.strip);
  const width = Math.max(1, statuses.length) * STEP;
  const shown = Math.min(width, FULL_SIZE * STEP);
  const draw = (status: string, shape: (x: number) => string) =>
    statuses.map((each, index) => (each === status ? shape(index * STEP) : "")).join("");
  const hover = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = Math.floor(((event.clientX - box.left) / box.width) * statuses.length);
    setHovered(statuses[at] === undefined ? null : at);
  };
  const strip = (
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
      <path d={draw("success", square)} className="fill-bar" />
      <path d={draw("running", square)} className="fill-running" />
      <path d={draw("error", cross)} className="stroke-error" strokeWidth="2" />
      <path d={draw("skipped", outline)} className="stroke-line-strong" />
      <path d={draw("pending", outline)} className="stroke-line-strong" strokeDasharray="1.5 1.5" />
    </svg>
  );
  if (hovered === null) return strip;
  return (
    <Tooltip open content={<Square id={id} nodes={nodes} index={hovered} />}>
      {strip}
    </Tooltip>
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
