import type { ReactNode } from "react";
import { classes } from "@/ui";

/** The kind of a chip, which sets its colours. */
export type Tone = "value" | "missing" | "failed" | "redacted";

const LOOKS: Record<Tone, string> = {
  value: "border-line-strong text-muted",
  missing: "border-dashed border-control text-muted",
  failed: "border-error text-error",
  redacted: "border-transparent bg-warning-soft text-warning",
};

interface Props {
  tone: Tone;
  title?: string;
  children: ReactNode;
}

/** A chip in place of data. A frame and another font distinguish the chip from data. */
export function MarkChip({ tone, title, children }: Props) {
  return (
    <span
      title={title}
      className={classes("rounded-sm border px-1 font-sans text-xs whitespace-nowrap", LOOKS[tone])}
    >
      {children}
    </span>
  );
}
