// @vitest-environment happy-dom
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ExecutionHistory } from "@/library";
import { makeSummaries, makeSummary } from "../support/executions";
import { MemoryHistory } from "../support/memoryHistory";

let host: HTMLElement;
let unmount: () => void;

beforeEach(() => {
  // A page without layout has no height, and rows are drawn only for a height.
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { get: () => 600 });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { get: () => 1200 });
  host = document.createElement("div");
  document.body.append(host);
});

afterEach(() => {
  unmount();
  host.remove();
});

function mount(history: MemoryHistory, path?: string) {
  const root = createRoot(host);
  unmount = () => root.unmount();
  root.render(
    <ExecutionHistory client={history} {...(path !== undefined && { initialPath: path })} />,
  );
}

it("shows a history that is not behind HTTP, and its changes", async () => {
  const now = Date.now();
  const history = new MemoryHistory(makeSummaries(40, now - 60_000));
  mount(history);
  await vi.waitFor(() => expect(host.textContent).toContain("Order intake"));
  const run = makeSummary(99, new Date(now).toISOString(), { workflowName: "Arrived live" });
  history.log(run);
  await vi.waitFor(() => expect(host.textContent).toContain("Arrived live"));
});

it("begins where it is told, in an address of its own", async () => {
  const history = new MemoryHistory(makeSummaries(40, Date.now()));
  mount(history, "/?text=nothing-like-this");
  await vi.waitFor(() => expect(host.textContent).toContain("No executions match"));
  expect(location.search).toBe("");
});
