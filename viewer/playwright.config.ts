import { existsSync } from "node:fs";
import chromium from "@sparticuz/chromium";
import { defineConfig } from "@playwright/test";

const SYSTEM = "/usr/bin/chromium";

export default defineConfig({
  testDir: "tests/browser",
  outputDir: "test-results",
  fullyParallel: false,
  workers: 2,
  // A deadline for what never comes: a loaded machine needs several times the usual time.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    viewport: { width: 1280, height: 720 },
    locale: "en-GB",
    trace: "off",
    launchOptions: {
      executablePath: existsSync(SYSTEM) ? SYSTEM : await chromium.executablePath(),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
});
