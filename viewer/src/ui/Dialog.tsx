import type { ReactNode } from "react";
import { useOverlays } from "./loadOverlays";

export interface DialogProps {
  onClose: () => void;
  title: string;
  /** Shown below the title. Absent where the content needs no description. */
  description?: string;
  /** A sheet rises from the bottom, for narrow screens. */
  shape?: "dialog" | "sheet";
  children: ReactNode;
}

/** A dialog over the page, which gives the focus back when it closes. */
export function Dialog({ open, ...props }: DialogProps & { open: boolean }) {
  const overlays = useOverlays(open);
  return overlays !== undefined && <overlays.OpenDialog {...props} />;
}
