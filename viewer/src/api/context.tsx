import { createContext, use } from "react";
import type { HistoryClient } from "./client";

const ClientContext = createContext<HistoryClient | null>(null);

export const ClientProvider = ClientContext.Provider;

/** The history that this part of the page shows. */
export function useClient(): HistoryClient {
  const client = use(ClientContext);
  if (client === null) throw new Error("useClient needs a ClientProvider around it.");
  return client;
}
