import { createContext, use } from "react";

interface ShellActions {
  showKeys: () => void;
}

const ShellContext = createContext<ShellActions | null>(null);

export const ShellProvider = ShellContext.Provider;

export function useShell(): ShellActions {
  const actions = use(ShellContext);
  if (actions === null) throw new Error("useShell needs the Shell around it.");
  return actions;
}
