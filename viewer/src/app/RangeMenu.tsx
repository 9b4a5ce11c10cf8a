import { useState } from "react";
import { RANGES, type ListFilters, type Range } from "@/model/filters";
import { describePeriod, fromLocalInput, toLocalInput } from "@/model/ranges";
import { texts } from "@/texts";
import { Button, Dialog, Icon, Menu, MenuItem, MenuLine, MenuRadioGroup, useNow } from "@/ui";

export type Period = Pick<ListFilters, "last" | "after" | "before">;

interface Props {
  period: Period;
  onPeriod: (period: Period) => void;
}

const ANY = "any";
const NONE: Period = { last: undefined, after: undefined, before: undefined };

/** The menu that chooses the time range. */
export function RangeMenu({ period, onPeriod }: Props) {
  const now = useNow();
  const [open, setOpen] = useState(false);
  const isCustom = period.after !== undefined || period.before !== undefined;
  return (
    <>
      <Menu
        align="end"
        trigger={
          <Button look="plain" className="min-w-0 shrink">
            <span className="truncate">{describePeriod(period, now)}</span>
            <Icon name="down" size={12} />
          </Button>
        }
      >
        <MenuRadioGroup
          value={period.last ?? (isCustom ? "custom" : ANY)}
          onChange={(value) =>
            onPeriod({ ...NONE, ...(value !== ANY && { last: value as Range }) })
          }
          options={[
            { value: ANY, label: texts.range.any },
            ...RANGES.map((value) => ({ value, label: texts.range.last[value] })),
          ]}
        />
        <MenuLine />
        <MenuItem onSelect={() => setOpen(true)}>{texts.rangeMenu.custom}</MenuItem>
      </Menu>
      <Dialog open={open} onClose={() => setOpen(false)} title={texts.rangeMenu.title}>
        <RangeForm
          period={period}
          onPeriod={(next) => {
            setOpen(false);
            onPeriod(next);
          }}
        />
      </Dialog>
    </>
  );
}

function RangeForm({ period, onPeriod }: Props) {
  const [after, setAfter] = useState(toLocalInput(period.after));
  const [before, setBefore] = useState(toLocalInput(period.before));
  const field = "mt-1 block h-7 rounded-md border border-control px-2";
  return (
    <form
      className="flex flex-wrap items-end gap-3 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        onPeriod({
          last: undefined,
          after: fromLocalInput(after),
          before: fromLocalInput(before),
        });
      }}
    >
      <label>
        {texts.rangeMenu.from}
        <input
          type="datetime-local"
          value={after}
          onChange={(event) => setAfter(event.target.value)}
          className={field}
        />
      </label>
      <label>
        {texts.rangeMenu.before}
        <input
          type="datetime-local"
          value={before}
          onChange={(event) => setBefore(event.target.value)}
          className={field}
        />
      </label>
      <Button type="submit" look="primary">
        {texts.rangeMenu.show}
      </Button>
    </form>
  );
}
