import { defineConfig } from "vitest/config";

const DEADLINE_MS = 240_000;

/** The main flows in Firefox and WebKitGTK; see `make test-browsers`. */
export default defineConfig({
  test: {
    include: ["tests/browsers/*.spec.ts"],
    testTimeout: DEADLINE_MS,
    hookTimeout: DEADLINE_MS,
    fileParallelism: false,
  },
});
