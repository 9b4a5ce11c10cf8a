import { Outlet, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { texts } from "@/texts";
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
      label: texts.keys.allExecutions,
      group: texts.keys.everywhere,
      run: () => void navigate({ to: "/" }),
    },
    {
      keys: "g o",
      label: texts.app.overview,
      group: texts.keys.everywhere,
      run: () => void navigate({ to: "/overview" }),
    },
    {
      keys: "g s",
      label: texts.keys.settings,
      group: texts.keys.everywhere,
      run: () => void navigate({ to: "/settings" }),
    },
    { keys: "?", label: texts.keys.thisSheet, group: texts.keys.everywhere, run: showKeys },
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
        {texts.app.skip}
      </a>
      <div className="flex h-full min-h-0 flex-col">
        <Outlet />
        <ConnectionBar />
      </div>
      <KeySheet open={keys !== null} onClose={() => setKeys(null)} bindings={keys ?? []} />
    </ShellProvider>
  );
}
