import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { texts } from "@/texts";
import { classes } from "./classes";
import { Icon } from "./Icon";

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  /** Shown below the title. Absent where the content needs no description. */
  description?: string;
  /** A sheet rises from the bottom, for narrow screens. */
  shape?: "dialog" | "sheet";
  children: ReactNode;
}

const SHAPES = {
  dialog:
    "top-[12vh] left-1/2 max-h-[76vh] w-[min(640px,calc(100vw-24px))] -translate-x-1/2 rounded-md",
  sheet: "inset-x-0 bottom-0 h-[85dvh] rounded-t-md",
};

export function Dialog({ open, onClose, title, description, shape = "dialog", children }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[#0006]" />
        <Radix.Content
          {...(description === undefined && { "aria-describedby": undefined })}
          className={classes(
            "flightlog fixed z-50 flex flex-col border border-line-strong bg-raised",
            SHAPES[shape],
          )}
        >
          <div className="flex items-center gap-2 border-b border-line py-2 ps-4 pe-2">
            <Radix.Title className="grow text-base">{title}</Radix.Title>
            {/* No tooltip, because a tooltip would take the first Escape for itself. */}
            <Radix.Close
              aria-label={texts.controls.close}
              className="flex size-7 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text"
            >
              <Icon name="close" />
            </Radix.Close>
          </div>
          {description !== undefined && (
            <Radix.Description className="px-4 pt-3 text-muted">{description}</Radix.Description>
          )}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex --
              scrollable content must be reachable by keyboard */}
          <div role="region" aria-label={title} tabIndex={0} className="min-h-0 grow overflow-auto">
            {children}
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
