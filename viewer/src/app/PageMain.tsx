import type { ReactNode } from "react";

export const MAIN_ID = "fl-main";

/** A page's content below the top bar, and the target of the skip link. */
export function PageMain({ children }: { children: ReactNode }) {
  return (
    <main id={MAIN_ID} tabIndex={-1} className="flex min-h-0 grow flex-col">
      {children}
    </main>
  );
}
