import type { ReactNode } from "react";
import { classes } from "./classes";

/** A key, as it is written on the keyboard. */
export function Kbd({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <kbd
      className={classes(
        "inline-block min-w-5 rounded-sm border border-line-strong bg-panel px-1 text-center text-xs text-muted",
        className,
      )}
    >
      {children}
    </kbd>
  );
}
