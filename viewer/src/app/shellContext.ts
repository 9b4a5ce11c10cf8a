import { createContext, use } from "react";

interface ShellActions {
  showKeys: () => void;
}

const ShellContext = createContext<ShellActions | null>(null);

export const ShellProvider = ShellContext.Provider;

/** Return the actions of the frame around the page. */
export function useShell(): ShellActions {
  const actions = use(ShellContext);
  if (actions === null) throw new Error("useShell needs the Shell around it.");
  return actions;
}
