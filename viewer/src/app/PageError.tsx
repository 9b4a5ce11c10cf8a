import type { ErrorComponentProps } from "@tanstack/react-router";
import { ErrorBox } from "@/ui";

/** Shown in place of a page that could not be drawn. */
export function PageError({ error, reset }: ErrorComponentProps) {
  return <ErrorBox error={error} onRetry={reset} className="m-3" />;
}
