import {
  cloneElement,
  createElement,
  useId,
  useState,
  type ComponentProps,
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  type ReactNode,
} from "react";
import type { IconName } from "./Icon";
import { requireOverlays, useOverlays } from "./loadOverlays";

interface MenuProps {
  /** The button that opens the menu. */
  trigger: ReactElement<ComponentProps<"button">>;
  align?: "start" | "end";
  children: ReactNode;
}

/**
 * A menu below a button. Its children are MenuItem, MenuCheck, MenuRadioGroup, MenuLabel, MenuLine.
 */
export function Menu({ trigger, align = "start", children }: MenuProps) {
  const [opened, setOpened] = useState<{ anchor: HTMLElement; isByKey: boolean } | null>(null);
  const overlays = useOverlays(opened !== null);
  const id = useId();
  const contentId = `${id}-menu`;
  const isOpen = opened !== null;
  const toggle = (anchor: HTMLElement, isByKey: boolean) =>
    setOpened(isOpen ? null : { anchor, isByKey });
  return (
    <>
      {cloneElement(trigger, {
        id,
        "aria-haspopup": "menu",
        "aria-expanded": isOpen,
        ...(isOpen && { "aria-controls": contentId }),
        ...{ "data-state": isOpen ? "open" : "closed" },
        onPointerDown: (event: PointerEvent<HTMLButtonElement>) => {
          if (event.button !== 0 || event.ctrlKey) return;
          toggle(event.currentTarget, false);
          // The menu takes the focus.
          if (!isOpen) event.preventDefault();
        },
        onKeyDown: (event: KeyboardEvent<HTMLButtonElement>) => {
          if (event.key === "Enter" || event.key === " ") toggle(event.currentTarget, true);
          else if (event.key === "ArrowDown")
            setOpened({ anchor: event.currentTarget, isByKey: true });
          else return;
          event.preventDefault();
        },
      })}
      {opened !== null && overlays !== undefined && (
        <overlays.MenuContent
          id={contentId}
          align={align}
          {...opened}
          onClose={() => setOpened(null)}
        >
          {children}
        </overlays.MenuContent>
      )}
    </>
  );
}

export interface MenuItemProps {
  icon?: IconName;
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

export function MenuItem(props: MenuItemProps) {
  return createElement(requireOverlays().Item, props);
}

export interface MenuCheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
}

/** An item that is on or off. The menu stays open, so that the reader can choose several items. */
export function MenuCheck(props: MenuCheckProps) {
  return createElement(requireOverlays().CheckItem, props);
}

export interface MenuRadioProps {
  value: string;
  onChange: (value: string) => void;
  options: readonly { value: string; label: ReactNode }[];
}

export function MenuRadioGroup(props: MenuRadioProps) {
  return createElement(requireOverlays().RadioItems, props);
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return createElement(requireOverlays().Label, null, children);
}

export function MenuLine() {
  return createElement(requireOverlays().Line);
}
