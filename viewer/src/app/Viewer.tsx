import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, type RouterHistory } from "@tanstack/react-router";
import { useState } from "react";
import { ClientProvider, HistoryProblem, type HistoryClient } from "@/api";
import { ListMemoryProvider } from "@/list/memory";
import { LiveProvider } from "@/live";
import { texts } from "@/texts";
import { PortalProvider, ToastProvider, TooltipProvider } from "@/ui";
import { KeysProvider } from "./keys";
import { RemovalsProvider } from "./removals";
import { createViewerRouter } from "./router";

interface Props {
  client: HistoryClient;
  /** The router's history. The default is the page's own address. */
  history?: RouterHistory;
  /** As a part of another page, the viewer takes keys only while it has the focus. */
  embedded?: boolean;
  className?: string;
}

/** The whole viewer, on one client. */
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
              <section aria-label={texts.app.menus} ref={setPortal} />
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
        // A refusal is final. A failure that may pass is retried twice.
        retry: (failures, error) =>
          failures < 2 && (!(error instanceof HistoryProblem) || error.retryable),
      },
    },
  });
}
