import type { ReactNode } from "react";
import { classes } from "@/ui";

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

/** What stands where no data can: never in the data's font, always in a frame. */
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
