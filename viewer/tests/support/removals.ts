import { vi } from "vitest";
import type { RemovalRequests } from "@/model/removals";

/** How a test deletes executions whose errors it does not look for. */
export const OPTIONS = { afterMs: 60_000, onError: vi.fn(), onUndoError: vi.fn() };

/** Make requests that succeed, but for those that a test replaces. */
export function requests(change: Partial<RemovalRequests> = {}): RemovalRequests {
  return {
    announce: vi.fn(() => Promise.resolve("waiting-1")),
    cancel: vi.fn(() => Promise.resolve()),
    send: vi.fn(() => Promise.resolve()),
    ...change,
  };
}
