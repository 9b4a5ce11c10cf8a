import { createContext, use } from "react";

const SignOutContext = createContext<(() => void) | null>(null);

export const SignOutProvider = SignOutContext.Provider;

/** Return the function that ends the page's session, or null where the page has none of its own. */
export function useSignOut(): (() => void) | null {
  return use(SignOutContext);
}
