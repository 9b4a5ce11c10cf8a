import type { ComponentProps } from "react";
import type { WorkflowStats } from "@/api";
import { SORTS, type ListFilters, type Sort } from "@/model/filters";
import { formatCount, formatDuration } from "@/model/format";
import { sharedNames, workflowChoices } from "@/model/workflows";
import { texts } from "@/texts";
import { Button, classes, Icon, Menu, MenuCheck, MenuRadioGroup } from "@/ui";

const ANY = "any";

interface WorkflowMenuProps {
  chosen: readonly string[];
  workflows: readonly WorkflowStats[];
  onChosen: (workflows: string[]) => void;
}

export function WorkflowMenu({ chosen, workflows, onChosen }: WorkflowMenuProps) {
  const choices = workflowChoices(workflows);
  const ambiguous = sharedNames(choices);
  const getName = (id: string) => choices.find((each) => each.id === id)?.name ?? id;
  const [first] = chosen;
  const label =
    first === undefined
      ? texts.filter.workflow
      : chosen.length === 1
        ? getName(first)
        : texts.filter.workflows(chosen.length);
  return (
    <Menu align="end" trigger={<FilterButton label={label} isSet={chosen.length > 0} />}>
      {choices.length === 0 && <p className="px-2 py-1 text-muted">{texts.filter.noWorkflows}</p>}
      {choices.map((each) => (
        <MenuCheck
          key={each.id}
          checked={chosen.includes(each.id)}
          onChange={(checked) =>
            onChosen(checked ? [...chosen, each.id] : chosen.filter((id) => id !== each.id))
          }
        >
          <span className="max-w-70 grow truncate">
            {each.name}
            {ambiguous.has(each.name) && <span className="text-muted"> · {each.id}</span>}
          </span>
          <span className="text-sm text-muted">{formatCount(each.total)}</span>
        </MenuCheck>
      ))}
    </Menu>
  );
}

interface Choice {
  value: string;
  label: string;
}

interface ChoiceMenuProps {
  name: string;
  /** The choice of no value. */
  any: string;
  value: string | undefined;
  /** The button's text while a value is chosen. */
  label: string | undefined;
  options: () => readonly Choice[];
  onValue: (value: string | undefined) => void;
}

export function ChoiceMenu({ name, any, value, label, options, onValue }: ChoiceMenuProps) {
  return (
    <Menu align="end" trigger={<FilterButton label={label ?? name} isSet={value !== undefined} />}>
      <Choices any={any} value={value} options={options} onValue={onValue} />
    </Menu>
  );
}

function Choices({ any, value, options, onValue }: Omit<ChoiceMenuProps, "name" | "label">) {
  return (
    <MenuRadioGroup
      value={value ?? ANY}
      onChange={(next) => onValue(next === ANY ? undefined : next)}
      options={[{ value: ANY, label: any }, ...options()]}
    />
  );
}

const DURATIONS: readonly { min?: number; max?: number }[] = [
  { max: 100 },
  { min: 1000 },
  { min: 10_000 },
  { min: 60_000 },
  { min: 600_000 },
];

interface DurationMenuProps {
  filters: ListFilters;
  onDuration: (change: Pick<ListFilters, "min" | "max">) => void;
}

export function DurationMenu({ filters: { min, max }, onDuration }: DurationMenuProps) {
  const isSet = min !== undefined || max !== undefined;
  const value = DURATIONS.findIndex((each) => each.min === min && each.max === max);
  return (
    <Menu
      align="end"
      trigger={
        <FilterButton
          label={isSet ? describeDurations({ min, max }) : texts.filter.duration}
          isSet={isSet}
        />
      }
    >
      <MenuRadioGroup
        value={isSet ? String(value) : ANY}
        onChange={(next) => {
          const chosen = next === ANY ? {} : (DURATIONS[Number(next)] ?? {});
          onDuration({ min: chosen.min, max: chosen.max });
        }}
        options={[
          { value: ANY, label: texts.filter.anyDuration },
          ...DURATIONS.map((each, index) => ({
            value: String(index),
            label: describeDurations(each),
          })),
        ]}
      />
    </Menu>
  );
}

function describeDurations({ min, max }: Pick<ListFilters, "min" | "max">): string {
  if (min !== undefined && max !== undefined) {
    return `${formatDuration(min)} – ${formatDuration(max)}`;
  }
  if (min !== undefined) return texts.duration.atLeast(formatDuration(min));
  return max === undefined ? texts.filter.anyDuration : texts.duration.atMost(formatDuration(max));
}

interface SortMenuProps {
  sort: Sort | undefined;
  /** Whether the list can be ordered by duration. */
  canRank: boolean;
  onSort: (sort: Sort | undefined) => void;
}

/** The order of the list, where the list has no heads to click. */
export function SortMenu({ sort, canRank, onSort }: SortMenuProps) {
  const orders: readonly Sort[] = canRank ? SORTS : ["oldest"];
  return (
    <Menu
      align="end"
      trigger={
        <FilterButton label={texts.filter.orders[sort ?? "newest"]} isSet={sort !== undefined} />
      }
    >
      <MenuRadioGroup
        value={sort ?? ANY}
        onChange={(next) => onSort(orders.find((each) => each === next))}
        options={[
          { value: ANY, label: texts.filter.orders.newest },
          ...orders.map((value) => ({ value, label: texts.filter.orders[value] })),
        ]}
      />
    </Menu>
  );
}

interface FilterButtonProps extends ComponentProps<"button"> {
  label: string;
  isSet: boolean;
}

function FilterButton({ label, isSet, ...rest }: FilterButtonProps) {
  return (
    <Button look="plain" {...rest} className={classes("px-2", isSet ? "bg-chosen" : "text-muted")}>
      <span className="max-w-40 truncate">{label}</span>
      <Icon name="down" size={12} />
    </Button>
  );
}
