import { Outlet } from "@tanstack/react-router";

/** What every page stands in. */
export function Shell() {
  return (
    <main id="fl-main" tabIndex={-1} className="flex h-full min-h-0 flex-col">
      <Outlet />
    </main>
  );
}
