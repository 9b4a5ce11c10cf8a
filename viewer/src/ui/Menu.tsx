import { DropdownMenu as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { classes } from "./classes";
import { Icon, type IconName } from "./Icon";
import { Kbd } from "./Kbd";
import { usePortal } from "./portal";

const ITEM =
  "flex min-h-7 items-center gap-2 rounded-sm px-2 outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover";

interface MenuProps {
  /** The button that opens the menu. */
  trigger: ReactElement;
  align?: "start" | "end";
  children: ReactNode;
}

/**
 * A menu below a button. Its children are MenuItem, MenuCheck, MenuRadioGroup, MenuLabel, MenuLine.
 */
export function Menu({ trigger, align = "start", children }: MenuProps) {
  const container = usePortal();
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="flightlog z-40 max-h-(--radix-dropdown-menu-content-available-height) min-w-40 overflow-y-auto rounded-md border border-line-strong bg-raised p-1"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ItemProps {
  icon?: IconName;
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

export function MenuItem({ icon, keys, danger, disabled, onSelect, children }: ItemProps) {
  return (
    <Radix.Item
      onSelect={onSelect}
      disabled={disabled ?? false}
      className={classes(ITEM, danger === true && "text-error")}
    >
      {icon !== undefined && <Icon name={icon} size={14} />}
      <span className="grow">{children}</span>
      {keys !== undefined && <Kbd>{keys}</Kbd>}
    </Radix.Item>
  );
}

interface CheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
}

/** An item that is on or off. The menu stays open, so that the reader can choose several items. */
export function MenuCheck({ checked, onChange, children }: CheckProps) {
  return (
    <Radix.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
      className={ITEM}
    >
      <span className="w-3.5 shrink-0 text-accent">
        {checked && <Icon name="check" size={14} />}
      </span>
      <span className="flex min-w-0 grow items-center gap-2">{children}</span>
    </Radix.CheckboxItem>
  );
}

interface RadioProps {
  value: string;
  onChange: (value: string) => void;
  options: readonly { value: string; label: ReactNode }[];
}

export function MenuRadioGroup({ value, onChange, options }: RadioProps) {
  return (
    <Radix.RadioGroup value={value} onValueChange={onChange}>
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} className={ITEM}>
          <span className="w-3.5 shrink-0 text-accent">
            {option.value === value && <Icon name="check" size={14} />}
          </span>
          <span className="grow">{option.label}</span>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 py-1 text-sm text-muted">{children}</Radix.Label>;
}

export function MenuLine() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}
