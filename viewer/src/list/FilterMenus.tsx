import type { ComponentProps } from "react";
import type { WorkflowStats } from "@/api";
import type { ListFilters } from "@/model/filters";
import { formatCount, formatDuration } from "@/model/format";
import { Button, classes, Icon, Menu, MenuCheck, MenuRadioGroup } from "@/ui";

const ANY = "any";

interface WorkflowMenuProps {
  chosen: readonly string[];
  workflows: readonly WorkflowStats[];
  onChosen: (workflows: string[]) => void;
}

export function WorkflowMenu({ chosen, workflows, onChosen }: WorkflowMenuProps) {
  const nameOf = (id: string) =>
    workflows.find((each) => each.workflowId === id)?.workflowName ?? id;
  const [first] = chosen;
  const label =
    first === undefined
      ? "workflow"
      : chosen.length === 1
        ? nameOf(first)
        : `${chosen.length} workflows`;
  return (
    <Menu align="end" trigger={<FilterButton label={label} isSet={chosen.length > 0} />}>
      {workflows.length === 0 && <p className="px-2 py-1 text-muted">No workflows yet</p>}
      {workflows.map((each) => (
        <MenuCheck
          key={`${each.projectId ?? ""}/${each.workflowId}`}
          checked={chosen.includes(each.workflowId)}
          onChange={(checked) =>
            onChosen(
              checked
                ? [...chosen, each.workflowId]
                : chosen.filter((id) => id !== each.workflowId),
            )
          }
        >
          <span className="max-w-70 grow truncate">{each.workflowName}</span>
          <span className="text-sm text-muted">{formatCount(each.total)}</span>
        </MenuCheck>
      ))}
    </Menu>
  );
}

interface ChoiceMenuProps {
  name: string;
  value: string | undefined;
  options: readonly { value: string; label: string }[];
  onValue: (value: string | undefined) => void;
}

export function ChoiceMenu({ name, value, options, onValue }: ChoiceMenuProps) {
  const chosen = options.find((option) => option.value === value);
  return (
    <Menu
      align="end"
      trigger={<FilterButton label={chosen?.label ?? value ?? name} isSet={value !== undefined} />}
    >
      <MenuRadioGroup
        value={value ?? ANY}
        onChange={(next) => onValue(next === ANY ? undefined : next)}
        options={[{ value: ANY, label: `any ${name}` }, ...options]}
      />
    </Menu>
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
        <FilterButton label={isSet ? describeDurations({ min, max }) : "duration"} isSet={isSet} />
      }
    >
      <MenuRadioGroup
        value={isSet ? String(value) : ANY}
        onChange={(next) => {
          const chosen = next === ANY ? {} : (DURATIONS[Number(next)] ?? {});
          onDuration({ min: chosen.min, max: chosen.max });
        }}
        options={[
          { value: ANY, label: "any duration" },
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
  if (min !== undefined) return `${formatDuration(min)} or more`;
  return max === undefined ? "any duration" : `${formatDuration(max)} or less`;
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
