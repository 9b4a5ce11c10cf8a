import type { ReactNode } from "react";
import { asProblem } from "@/api/problem";
import { texts } from "@/texts";
import { Button } from "./Button";
import { classes } from "./classes";
import { Icon } from "./Icon";

/** A grey shape in place of content that is loading. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={classes("block rounded-sm bg-bar-track", className)} />;
}

export function Spinner({ label = texts.controls.loading }: { label?: string }) {
  return (
    <span role="status" aria-label={label} className="inline-flex text-muted">
      <svg aria-hidden viewBox="0 0 16 16" width="16" height="16" fill="none" className="fl-turn">
        <circle cx="8" cy="8" r="6" stroke="currentColor" strokeOpacity=".25" strokeWidth="1.6" />
        <path d="M8 2a6 6 0 016 6" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
      </svg>
    </span>
  );
}

interface ErrorBoxProps {
  error: unknown;
  onRetry?: () => void;
  className?: string;
}

/** A failure: what happened, and what to do. */
export function ErrorBox({ error, onRetry, className }: ErrorBoxProps) {
  const problem = asProblem(error);
  return (
    <div
      role="alert"
      className={classes(
        "flex items-start gap-3 rounded-md border border-line bg-error-soft p-3",
        className,
      )}
    >
      <Icon name="warning" className="mt-0.5 text-error" />
      <div className="min-w-0 grow">
        <p className="font-semibold">{problem.title}</p>
        <p className="break-words">{problem.detail}</p>
        {problem.hint !== undefined && <p className="text-muted">{problem.hint}</p>}
      </div>
      {onRetry !== undefined && (
        <Button icon="retry" onClick={onRetry}>
          {texts.controls.tryAgain}
        </Button>
      )}
    </div>
  );
}

interface EmptyStateProps {
  title: string;
  /** Wide enough for lines of code. */
  wide?: boolean;
  children?: ReactNode;
  className?: string;
}

/** The message when there is nothing to show, and why. */
export function EmptyState({ title, wide = false, children, className }: EmptyStateProps) {
  return (
    <div
      className={classes(
        "mx-auto flex w-full flex-col items-center gap-3 px-4 py-12 text-center",
        wide ? "max-w-210" : "max-w-140",
        className,
      )}
    >
      <p className="text-lg font-semibold">{title}</p>
      {children}
    </div>
  );
}
