import { useState, useSyncExternalStore } from "react";
import { httpClient, type PageAccess } from "@/api";
import { NoAccess } from "./NoAccess";
import { SignOutProvider } from "./signOut";
import { Viewer } from "./Viewer";

/** The receiver's own page: the viewer, or how to get in. */
export function Page({ access }: { access: PageAccess }) {
  const problem = useSyncExternalStore(access.watch, access.problem);
  const [client] = useState(() => httpClient("", access));
  if (problem !== null) return <NoAccess problem={problem} onToken={access.use} />;
  return (
    <SignOutProvider value={() => void access.leave()}>
      <Viewer client={client} />
    </SignOutProvider>
  );
}
