import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, type RouterHistory } from "@tanstack/react-router";
import { useState } from "react";
import { ClientProvider, HistoryProblem, type HistoryClient } from "@/api";
import { ListMemoryProvider } from "@/list/memory";
import { LiveProvider } from "@/live";
import { PortalProvider, ToastProvider, TooltipProvider } from "@/ui";
import { KeysProvider } from "./keys";
import { RemovalsProvider } from "./removals";
import { createViewerRouter } from "./router";

interface Props {
  client: HistoryClient;
  /** Without it, the page's own address. */
  history?: RouterHistory;
  /** A part of another page takes keys only while it has the focus. */
  embedded?: boolean;
  className?: string;
}

/** The whole viewer on a client. */
export function Viewer({ client, history, embedded = false, className = "h-full" }: Props) {
  const [router] = useState(() => createViewerRouter(history));
  const [queries] = useState(createQueryClient);
  const [root, setRoot] = useState<HTMLElement | null>(null);
  const [portal, setPortal] = useState<HTMLElement | null>(null);
  return (
    <ClientProvider value={client}>
      <QueryClientProvider client={queries}>
        <KeysProvider target={embedded ? root : document}>
          <TooltipProvider delayDuration={400}>
            <div ref={setRoot} className={`flightlog relative overflow-hidden ${className}`}>
              <PortalProvider value={portal}>
                <ToastProvider>
                  <LiveProvider>
                    <RemovalsProvider>
                      <ListMemoryProvider>
                        <RouterProvider router={router} />
                      </ListMemoryProvider>
                    </RemovalsProvider>
                  </LiveProvider>
                </ToastProvider>
              </PortalProvider>
              <section aria-label="Menus" ref={setPortal} />
            </div>
          </TooltipProvider>
        </KeysProvider>
      </QueryClientProvider>
    </ClientProvider>
  );
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: false,
        // A refusal stays one; what may succeed later is asked again, twice.
        retry: (failures, error) =>
          failures < 2 && (!(error instanceof HistoryProblem) || error.retryable),
      },
    },
  });
}
