import { Outlet, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ConnectionBar } from "./ConnectionBar";
import { useKeyList, useKeys, type KeyBinding } from "./keys";
import { KeySheet } from "./KeySheet";
import { MAIN_ID } from "./PageMain";
import { ShellProvider } from "./shellContext";

/** The frame around every page. */
export function Shell() {
  const navigate = useNavigate();
  const bindings = useKeyList();
  const [keys, setKeys] = useState<readonly KeyBinding[] | null>(null);
  const showKeys = () => setKeys(bindings());
  useKeys([
    {
      keys: "g l",
      label: "All executions",
      group: "Everywhere",
      run: () => void navigate({ to: "/" }),
    },
    {
      keys: "g o",
      label: "Overview",
      group: "Everywhere",
      run: () => void navigate({ to: "/overview" }),
    },
    {
      keys: "g s",
      label: "Settings: space and limits",
      group: "Everywhere",
      run: () => void navigate({ to: "/settings" }),
    },
    { keys: "?", label: "This sheet", group: "Everywhere", run: showKeys },
  ]);
  return (
    <ShellProvider value={{ showKeys }}>
      <a
        href={`#${MAIN_ID}`}
        onClick={(event) => {
          event.preventDefault();
          document.getElementById(MAIN_ID)?.focus();
        }}
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-md focus:border focus:border-line-strong focus:bg-raised focus:p-2"
      >
        Skip to the content
      </a>
      <div className="flex h-full min-h-0 flex-col">
        <Outlet />
        <ConnectionBar />
      </div>
      <KeySheet open={keys !== null} onClose={() => setKeys(null)} bindings={keys ?? []} />
    </ShellProvider>
  );
}
