import type { Mark } from "@/model/status";
import { texts } from "@/texts";
import { classes } from "./classes";

const COLOURS: Record<Mark, string> = {
  success: "text-success",
  error: "text-error",
  crashed: "text-error",
  running: "text-running",
  pending: "text-skipped",
  skipped: "text-skipped",
};

interface Props {
  mark: Mark;
  /** The side in px. */
  size?: number;
  /** Null where the status also stands beside the mark in words. */
  label?: string | null;
  /** The mark stands for a status in general, not for a run, and therefore does not turn. */
  still?: boolean;
  className?: string;
}

/** A status as a shape and a colour: ● ✕ ⊗ ◐ ○. */
export function StatusMark({ mark, size = 12, label, still = false, className }: Props) {
  const name = label === undefined ? texts.mark[mark] : label;
  const aria =
    name === null ? { "aria-hidden": true } : { role: "img" as const, "aria-label": name };
  return (
    <svg
      {...aria}
      viewBox="0 0 12 12"
      width={size}
      height={size}
      fill="none"
      className={classes("shrink-0", COLOURS[mark], className)}
    >
      <Shape mark={mark} still={still} />
    </svg>
  );
}

function Shape({ mark, still }: { mark: Mark; still: boolean }) {
  const line = { stroke: "currentColor", strokeLinecap: "round" as const };
  switch (mark) {
    case "success":
      return <circle cx="6" cy="6" r="4" fill="currentColor" />;
    case "error":
      return <path d="M2.5 2.5l7 7m0-7l-7 7" strokeWidth="2" {...line} />;
    case "crashed":
      return (
        <>
          <circle cx="6" cy="6" r="5" strokeWidth="1.3" strokeDasharray="2.6 2" {...line} />
          <path d="M4.2 4.2l3.6 3.6m0-3.6L4.2 7.8" strokeWidth="1.4" {...line} />
        </>
      );
    case "running":
      return (
        <g className={still ? "" : "fl-turn"} style={{ transformOrigin: "6px 6px" }}>
          <circle cx="6" cy="6" r="4.3" strokeWidth="1.4" {...line} />
          <path d="M6 1.7a4.3 4.3 0 010 8.6z" fill="currentColor" />
        </g>
      );
    case "pending":
      return <circle cx="6" cy="6" r="1.6" fill="currentColor" />;
    case "skipped":
      return <circle cx="6" cy="6" r="3.8" strokeWidth="1.3" {...line} />;
  }
}
