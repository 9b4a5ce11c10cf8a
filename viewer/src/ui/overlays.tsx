/** Menus, dialogs and tooltips, which load after the page has been drawn (see `loadOverlays`). */
import { Dialog as RadixDialog } from "radix-ui";
import { Menu as Radix, Popper } from "radix-ui/internal";
import {
  createContext,
  use,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type ReactNode,
} from "react";
import { createPortal } from "react-dom";
import { texts } from "@/texts";
import { classes } from "./classes";
import type { DialogProps } from "./Dialog";
import { Icon } from "./Icon";
import { Kbd } from "./Kbd";
import type { MenuCheckProps, MenuItemProps, MenuRadioProps } from "./Menu";
import { usePortal } from "./portal";
import type { BubbleProps } from "./Tooltip";

const ITEM =
  "flex min-h-7 items-center gap-2 rounded-sm px-2 outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover";

/** Gives the focus back to the button that opened the menu. */
const RestoreFocus = createContext<() => void>(() => undefined);

interface MenuContentProps {
  id: string;
  /** The button that opened the menu. */
  anchor: HTMLElement;
  align: "start" | "end";
  /** A menu that a key opened begins at its first item. */
  isByKey: boolean;
  onClose: () => void;
  children: ReactNode;
}

export function MenuContent(props: MenuContentProps) {
  const { id, anchor, align, isByKey, onClose, children } = props;
  const container = usePortal();
  const content = useRef<HTMLDivElement>(null);
  const virtual = useRef(anchor);
  const wentOutside = useRef(false);
  useEffect(() => {
    if (!isByKey) return;
    content.current?.querySelector<HTMLElement>("[role^=menuitem]:not([data-disabled])")?.focus();
  }, [isByKey]);
  return (
    <RestoreFocus value={() => anchor.focus()}>
      <Radix.Root open modal={false} onOpenChange={(next) => !next && onClose()}>
        <Radix.Anchor virtualRef={virtual} />
        <Radix.Portal container={container}>
          <Radix.Content
            ref={content}
            id={id}
            aria-labelledby={anchor.id}
            align={align}
            sideOffset={4}
            collisionPadding={8}
            onInteractOutside={() => (wentOutside.current = true)}
            onCloseAutoFocus={(event) => {
              event.preventDefault();
              if (!wentOutside.current) anchor.focus();
            }}
            className="flightlog z-40 max-h-(--radix-popper-available-height) min-w-40 overflow-y-auto rounded-md border border-line-strong bg-raised p-1"
          >
            {children}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </RestoreFocus>
  );
}

export function Item({ icon, keys, danger, disabled, onSelect, children }: MenuItemProps) {
  const restoreFocus = use(RestoreFocus);
  return (
    <Radix.Item
      onSelect={() => {
        // A dialog that the item opens returns the focus to where it was: to the menu's button.
        restoreFocus();
        onSelect();
      }}
      disabled={disabled ?? false}
      className={classes(ITEM, danger === true && "text-error")}
    >
      {icon !== undefined && <Icon name={icon} size={14} />}
      <span className="grow">{children}</span>
      {keys !== undefined && <Kbd>{keys}</Kbd>}
    </Radix.Item>
  );
}

export function CheckItem({ checked, onChange, children }: MenuCheckProps) {
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

export function RadioItems({ value, onChange, options }: MenuRadioProps) {
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

export function Label({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 py-1 text-sm text-muted">{children}</Radix.Label>;
}

export function Line() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}

const SHAPES = {
  dialog:
    "top-[12vh] left-1/2 max-h-[76vh] w-[min(640px,calc(100vw-24px))] -translate-x-1/2 rounded-md",
  sheet: "inset-x-0 bottom-0 h-[85dvh] rounded-t-md",
};

export function OpenDialog(props: DialogProps) {
  const { onClose, title, description, shape = "dialog", children } = props;
  const [before] = useState(() => document.activeElement);
  return (
    <RadixDialog.Root open onOpenChange={(next) => !next && onClose()}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="fixed inset-0 z-40 bg-[#0006]" />
        <RadixDialog.Content
          {...(description === undefined && { "aria-describedby": undefined })}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (before instanceof HTMLElement) before.focus();
          }}
          className={classes(
            "flightlog fixed z-50 flex flex-col border border-line-strong bg-raised",
            SHAPES[shape],
          )}
        >
          <div className="flex items-center gap-2 border-b border-line py-2 ps-4 pe-2">
            <RadixDialog.Title className="grow text-base">{title}</RadixDialog.Title>
            <RadixDialog.Close
              aria-label={texts.controls.close}
              className="flex size-7 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text"
            >
              <Icon name="close" />
            </RadixDialog.Close>
          </div>
          {description !== undefined && (
            <RadixDialog.Description className="px-4 pt-3 text-muted">
              {description}
            </RadixDialog.Description>
          )}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex --
              scrollable content must be reachable by keyboard */}
          <div role="region" aria-label={title} tabIndex={0} className="min-h-0 grow overflow-auto">
            {children}
          </div>
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

export function OpenTooltip({ anchor, id, side, onEnter, onLeave, children }: BubbleProps) {
  const container = usePortal();
  const ownId = useId();
  const virtual = useRef(anchor);
  useLayoutEffect(() => {
    const described = id ?? ownId;
    anchor.setAttribute("aria-describedby", described);
    return () => anchor.removeAttribute("aria-describedby");
  }, [anchor, id, ownId]);
  return (
    <Popper.Root>
      <Popper.Anchor virtualRef={virtual} />
      {createPortal(
        <Popper.Content
          side={side ?? "bottom"}
          sideOffset={4}
          collisionPadding={8}
          role="tooltip"
          id={id ?? ownId}
          onPointerEnter={onEnter}
          onPointerLeave={onLeave}
          className="flightlog z-50 max-w-90 rounded-md border border-line-strong bg-raised px-2 py-1 text-sm break-words"
        >
          {children}
        </Popper.Content>,
        container ?? document.body,
      )}
    </Popper.Root>
  );
}
