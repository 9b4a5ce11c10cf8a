import { useSyncExternalStore } from "react";
import type { HistoryClient, PageAccess } from "@/api";
import { NoAccess } from "./NoAccess";
import type { Prepared } from "./prepare";
import { SignOutProvider } from "./signOut";
import { Viewer } from "./Viewer";

interface Props {
  access: PageAccess;
  client: HistoryClient;
  prepared: Prepared;
}

/** The receiver's own page: the viewer, or how to get in. */
export function Page({ access, client, prepared }: Props) {
  const problem = useSyncExternalStore(access.watch, access.problem);
  if (problem !== null) return <NoAccess problem={problem} onToken={access.use} />;
  return (
    <SignOutProvider value={() => void access.leave()}>
      <Viewer client={client} prepared={prepared} />
    </SignOutProvider>
  );
}
