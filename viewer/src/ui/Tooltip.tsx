import { Tooltip as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { Kbd } from "./Kbd";
import { usePortal } from "./portal";

export const TooltipProvider = Radix.Provider;

interface Props {
  content: ReactNode;
  keys?: string;
  side?: "top" | "bottom" | "left" | "right";
  /** Shown whatever the pointer does. */
  open?: boolean;
  /** One element that takes a ref and handlers. */
  children: ReactElement;
}

/** The description that a control or a value shows on hover or focus. */
export function Tooltip({ content, keys, side = "bottom", open, children }: Props) {
  const container = usePortal();
  return (
    <Radix.Root {...(open !== undefined && { open })}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content
          side={side}
          sideOffset={4}
          collisionPadding={8}
          className="flightlog z-50 max-w-90 rounded-md border border-line-strong bg-raised px-2 py-1 text-sm break-words"
        >
          {content}
          {keys !== undefined && <Kbd className="ms-2">{keys}</Kbd>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
