import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Outline } from "@/api";
import { useKeys } from "@/app/keys";
import { TopBar } from "@/app/TopBar";
import { estimateCrash, ifUsual, type CrashEnd } from "@/model/estimates";
import { formatClock, formatDuration, formatId } from "@/model/format";
import { instant } from "@/model/instants";
import { describeCalls } from "@/model/modelCalls";
import { getMark } from "@/model/status";
import { texts } from "@/texts";
import { Duration, IconButton, RunningDuration, StatusMark, Time, Tooltip, useCopy } from "@/ui";
import type { ExecutionSearch } from "../search";
import { Breadcrumb } from "./Breadcrumb";
import { useModelCalls } from "../useModelCalls";
import { ExecutionMenu } from "./ExecutionMenu";
import { TriggerButton } from "./TriggerButton";
import { useStar } from "./useStar";

interface Props {
  outline: Outline;
  search: ExecutionSearch;
  onSearch: (change: ExecutionSearch) => void;
}

/** The facts of a run in one line, and the run's actions. */
export function Header({ outline, search, onSearch }: Props) {
  const { execution, previousId, nextId, previousSuccessId, previousFailedId } = outline;
  const usual = ifUsual(outline.usual);
  const crash = estimateCrash(execution, outline.nodes);
  const mark = getMark(execution);
  const open = useOpen(outline, search);
  const star = useStar(execution);
  const calls = useModelCalls(outline);
  const models = calls === undefined ? null : describeCalls(calls);
  useKeys([
    {
      keys: "[",
      label: texts.execution.previous,
      group: texts.execution.title,
      run: () => open(previousId),
    },
    {
      keys: "]",
      label: texts.execution.next,
      group: texts.execution.title,
      run: () => open(nextId),
    },
    {
      keys: "{",
      label: texts.execution.previousFailed,
      group: texts.execution.title,
      run: () => open(previousFailedId),
    },
    {
      keys: "(",
      label: texts.execution.previousSuccessful,
      group: texts.execution.title,
      run: () => open(previousSuccessId),
    },
    { keys: "s", label: texts.controls.star, group: texts.execution.title, run: star.toggle },
  ]);
  return (
    <TopBar
      end={
        <>
          <IconButton
            icon="left"
            label={texts.execution.previous}
            keys="["
            disabled={previousId === undefined}
            onClick={() => open(previousId)}
          />
          <IconButton
            icon="right"
            label={texts.execution.next}
            keys="]"
            disabled={nextId === undefined}
            onClick={() => open(nextId)}
          />
          <IconButton
            icon="star"
            label={star.isStarred ? texts.controls.removeStar : texts.controls.star}
            keys="s"
            filled={star.isStarred}
            aria-pressed={star.isStarred}
            onClick={star.toggle}
            {...(star.isStarred && { className: "text-warning" })}
          />
          <ExecutionMenu outline={outline} onOpen={open} />
        </>
      }
    >
      <div className="flex min-w-0 grow flex-wrap items-center gap-x-3 gap-y-1 px-1">
        <h1 className="flex min-w-0 items-center gap-2 font-normal">
          <Breadcrumb execution={execution} />
          <ExecutionId id={execution.id} />
        </h1>
        <span className="flex items-center gap-1.5">
          <StatusMark mark={mark} label={null} />
          {texts.mark[mark]}
        </span>
        <span className="whitespace-nowrap">
          {execution.durationMs !== undefined ? (
            <Duration ms={execution.durationMs} usualMs={usual.p50Ms} />
          ) : crash !== null ? (
            <CrashDuration startedAt={execution.startedAt} crash={crash} />
          ) : (
            execution.status === "running" && <RunningDuration startedAt={execution.startedAt} />
          )}
        </span>
        <TriggerButton outline={outline} isChosen={search.node === "trigger"} onSearch={onSearch} />
        {execution.executionMode !== undefined && (
          <Fact>{texts.execution.modes[execution.executionMode]}</Fact>
        )}
        {models !== null && <Fact>{models}</Fact>}
        {execution.retryOf !== undefined && <Fact>{texts.execution.retry}</Fact>}
        <Time time={execution.startedAt} as="time" className="whitespace-nowrap text-muted" />
      </div>
    </TopBar>
  );
}

function Fact({ children }: { children: ReactNode }) {
  return <span className="text-muted">{children}</span>;
}

function ExecutionId({ id }: { id: string }) {
  const copy = useCopy();
  return (
    <Tooltip content={texts.execution.copyId(id)}>
      <button
        type="button"
        aria-label={texts.execution.copyIdLabel(id)}
        onClick={() => void copy(id, texts.execution.id)}
        className="shrink-0 rounded-sm font-mono text-sm text-muted hover:text-text"
      >
        {formatId(id)}
      </button>
    </Tooltip>
  );
}

interface CrashDurationProps {
  startedAt: string;
  crash: CrashEnd;
}

/** The estimated duration of a crashed run: "≈ 11 min 02 s, last heartbeat 14:02:11". */
function CrashDuration({ startedAt, crash: { at, isHeartbeat } }: CrashDurationProps) {
  return (
    <span title={texts.execution.crashNote}>
      ≈ {formatDuration(Math.max(0, at - (instant(startedAt) ?? at)))}
      <span className="text-muted">
        {", "}
        {isHeartbeat
          ? texts.crash.heartbeat(formatClock(at))
          : texts.crash.recorded(formatClock(at))}
      </span>
    </span>
  );
}

/** Return a function that opens another run in the same view, with the same node. */
function useOpen(
  outline: Outline,
  { view, node, step }: ExecutionSearch,
): (id: string | undefined) => void {
  const navigate = useNavigate();
  return (id) => {
    if (id === undefined) return;
    // Another run has other sequences, but the same nodes.
    const named = outline.nodes.find((each) => each.sequence === node)?.nodeId ?? step;
    const search = {
      ...(view !== undefined && { view }),
      ...(node === "trigger" ? { node } : named !== undefined && { step: named }),
    };
    void navigate({ to: "/executions/$id", params: { id }, search });
  };
}
