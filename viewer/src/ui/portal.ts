import { createContext, use } from "react";

const PortalContext = createContext<HTMLElement | null>(null);

/** The element for menus and tooltips: inside the viewer, below a landmark. */
export const PortalProvider = PortalContext.Provider;

/** Return the element for menus and tooltips. */
export function usePortal(): HTMLElement | null {
  return use(PortalContext);
}
