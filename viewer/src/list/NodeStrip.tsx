import { memo } from "react";
import type { Summary } from "@/api";
import { describeNodes, readStrip } from "@/model/status";

const SIDE = 7;
const STEP = 9;
const HEIGHT = 11;
/** The number of squares that fit at full size. */
const FULL_SIZE = 16;

/** An execution's nodes in order: one square each, with a cross for a failed node. */
export const NodeStrip = memo(function NodeStrip({ nodes }: { nodes: Summary["nodes"] }) {
  const statuses = readStrip(nodes.strip);
  const width = Math.max(1, statuses.length) * STEP;
  const shown = Math.min(width, FULL_SIZE * STEP);
  const draw = (status: string, shape: (x: number) => string) =>
    statuses.map((each, index) => (each === status ? shape(index * STEP) : "")).join("");
  return (
    <svg
      role="img"
      aria-label={describeNodes(nodes)}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      width={shown}
      height={HEIGHT}
      preserveAspectRatio="none"
      fill="none"
    >
      <title>{describeNodes(nodes)}</title>
      <path d={draw("success", square)} className="fill-bar" />
      <path d={draw("running", square)} className="fill-running" />
      <path d={draw("error", cross)} className="stroke-error" strokeWidth="2" />
      <path d={draw("skipped", outline)} className="stroke-line-strong" />
      <path d={draw("pending", outline)} className="stroke-line-strong" strokeDasharray="1.5 1.5" />
    </svg>
  );
});

function square(x: number): string {
  return `M${x} 2h${SIDE}v${SIDE}h${-SIDE}z`;
}

function outline(x: number): string {
  return `M${x + 0.5} 2.5h${SIDE - 1}v${SIDE - 1}h${1 - SIDE}z`;
}

function cross(x: number): string {
  return `M${x + 0.5} 2.5l6 6M${x + 6.5} 2.5l-6 6`;
}
