import { createContext, use } from "react";

const PortalContext = createContext<HTMLElement | null>(null);

/** Where menus and tooltips are put: a place within the viewer, below a landmark. */
export const PortalProvider = PortalContext.Provider;

export function usePortal(): HTMLElement | null {
  return use(PortalContext);
}
