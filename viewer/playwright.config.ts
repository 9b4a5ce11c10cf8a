import { existsSync } from "node:fs";
import chromium from "@sparticuz/chromium";
import { defineConfig } from "@playwright/test";

const SYSTEM = "/usr/bin/chromium";

export default defineConfig({
  testDir: "tests/browser",
  outputDir: "test-results",
  fullyParallel: false,
  workers: 2,
  timeout: 30_000,
  expect: { timeout: 7_000 },
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
