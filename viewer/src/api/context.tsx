import { createContext, use } from "react";
import type { HistoryClient } from "./client";

const ClientContext = createContext<HistoryClient | null>(null);

export const ClientProvider = ClientContext.Provider;

/** Return the client of the history that this part of the page shows. */
export function useClient(): HistoryClient {
  const client = use(ClientContext);
  if (client === null) throw new Error("useClient needs a ClientProvider around it.");
  return client;
}
