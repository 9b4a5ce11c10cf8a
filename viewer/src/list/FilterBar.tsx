import type { ReactNode } from "react";
import type { Counts, Mode, Status, WorkflowStats } from "@/api";
import { formatCount, formatTrigger } from "@/model/format";
import { isOnlyCrashed, toggleCrashed, type ListFilters } from "@/model/filters";
import { texts } from "@/texts";
import { Button, classes, Icon, StatusMark, Time, useNarrow } from "@/ui";
import { ChoiceMenu, DurationMenu, SortMenu, WorkflowMenu } from "./FilterMenus";

interface Props {
  filters: ListFilters;
  onFilters: (filters: ListFilters) => void;
  counts: Counts | undefined;
  workflows: readonly WorkflowStats[] | undefined;
  /** Called when the menu opens. Returns the triggers of the loaded rows. */
  triggers: () => readonly string[];
  /** Whether the list can be ordered by duration. */
  canRank: boolean;
  isFaceted: boolean;
  onFaceted: (isFaceted: boolean) => void;
  /** Content at the end of the line. */
  end: ReactNode;
}

const ORDER: readonly Status[] = ["error", "running", "success"];

const MODES: readonly Mode[] = ["production", "test"];

export function FilterBar(props: Props) {
  const { filters, onFilters, counts, workflows, triggers, canRank } = props;
  const { isFaceted, onFaceted, end } = props;
  const isNarrow = useNarrow();
  const set = (change: Partial<ListFilters>) => onFilters({ ...filters, ...change });
  return (
    <div className="flex min-h-9 shrink-0 items-center border-b border-line py-0.5">
      <div className="fl-filters">
        <StatusFilters filters={filters} counts={counts} onStatus={(status) => set({ status })} />
        <Button
          look="plain"
          aria-pressed={isOnlyCrashed(filters)}
          aria-label={texts.filter.onlyCrashed}
          title={texts.filter.onlyCrashedNote}
          className={classes("px-2", isOnlyCrashed(filters) ? "bg-chosen" : "text-muted")}
          onClick={() => onFilters(toggleCrashed(filters))}
        >
          <StatusMark still mark="crashed" label={null} />
        </Button>
        <Button
          look="plain"
          aria-pressed={isFaceted}
          className={classes("px-2", isFaceted ? "bg-chosen" : "text-muted")}
          title={texts.filter.facetsNote}
          onClick={() => onFaceted(!isFaceted)}
        >
          {texts.filter.facets}
        </Button>
        {!isNarrow && <span className="min-w-2 grow" />}
        <WorkflowMenu
          chosen={filters.workflow ?? []}
          workflows={workflows ?? []}
          onChosen={(workflow) => set({ workflow: workflow.length > 0 ? workflow : undefined })}
        />
        <ChoiceMenu
          name={texts.filter.trigger}
          any={texts.filter.anyTrigger}
          value={filters.trigger}
          label={filters.trigger === undefined ? undefined : formatTrigger(filters.trigger)}
          options={() => triggers().map((value) => ({ value, label: formatTrigger(value) }))}
          onValue={(trigger) => set({ trigger })}
        />
        <ChoiceMenu
          name={texts.filter.mode}
          any={texts.filter.anyMode}
          value={filters.mode}
          label={filters.mode === undefined ? undefined : texts.filter.modes[filters.mode]}
          options={() => MODES.map((value) => ({ value, label: texts.filter.modes[value] }))}
          onValue={(mode) => set({ mode: mode as Mode | undefined })}
        />
        <DurationMenu filters={filters} onDuration={set} />
        {isNarrow && (
          <SortMenu sort={filters.sort} canRank={canRank} onSort={(sort) => set({ sort })} />
        )}
        <Button
          look="plain"
          aria-pressed={filters.starred === true}
          aria-label={texts.filter.onlyStarred}
          title={texts.filter.onlyStarred}
          className={classes("px-1.5", filters.starred === true ? "text-warning" : "text-muted")}
          onClick={() => set({ starred: filters.starred === true ? undefined : true })}
        >
          <Icon name="star" size={14} filled={filters.starred === true} />
        </Button>
      </div>
      {end}
    </div>
  );
}

interface StatusFiltersProps {
  filters: ListFilters;
  counts: Counts | undefined;
  onStatus: (status: Status[] | undefined) => void;
}

/** Counts to click on. A click selects one status alone; a click with Shift selects several. */
function StatusFilters({ filters, counts, onStatus }: StatusFiltersProps) {
  const chosen = filters.status ?? [];
  const look = (pressed: boolean) =>
    classes("gap-1.5 px-2", pressed ? "bg-chosen text-text" : "text-muted");
  const toggle = (status: Status, several: boolean) => {
    const without = chosen.filter((each) => each !== status);
    const isChosen = without.length < chosen.length;
    const next = isChosen ? (several ? without : []) : several ? [...chosen, status] : [status];
    onStatus(next.length === 0 || next.length === ORDER.length ? undefined : next);
  };
  return (
    <div role="group" aria-label={texts.filter.status} className="flex shrink-0 items-center gap-1">
      <Button
        look="plain"
        aria-pressed={chosen.length === 0}
        className={look(chosen.length === 0)}
        onClick={() => onStatus(undefined)}
      >
        {texts.filter.all} <Count value={counts?.total} />
      </Button>
      {counts?.searchedTo !== undefined && (
        <span className="text-sm whitespace-nowrap text-muted" title={texts.filter.onlyNewest}>
          {texts.filter.since(<Time time={counts.searchedTo} as="time" />)}
        </span>
      )}
      {ORDER.map((status) => (
        <Button
          key={status}
          look="plain"
          aria-pressed={chosen.includes(status)}
          className={look(chosen.includes(status))}
          onClick={(event) => toggle(status, event.shiftKey)}
        >
          <StatusMark still mark={status} size={11} />
          <Count value={counts?.[status]} />
        </Button>
      ))}
    </div>
  );
}

function Count({ value }: { value: number | undefined }) {
  return <span className="tabular-nums">{value === undefined ? "…" : formatCount(value)}</span>;
}
