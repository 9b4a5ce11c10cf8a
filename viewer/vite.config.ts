import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const receiver = process.env.FLIGHTLOG_URL ?? "http://127.0.0.1:3000";
/** Browsers that know light-dark(); for others it would be rewritten, and follow no switch. */
const CSS_TARGET = ["chrome123", "firefox120", "safari17.5"];
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": here("./src") } },
  build: mode === "library" ? libraryBuild() : applicationBuild(),
  server: {
    proxy: {
      "/api": {
        target: receiver,
        changeOrigin: true,
        // The receiver refuses every origin but its own.
        configure: (proxy) => {
          proxy.on("proxyReq", (request) => {
            request.setHeader("origin", receiver);
          });
        },
      },
    },
  },
  test: { include: ["tests/unit/**/*.test.{ts,tsx}"], environment: "node" },
}));

function applicationBuild() {
  return {
    outDir: here("../src/flightlog/viewer"),
    emptyOutDir: true,
    // Nothing may be inlined as data: scripts and fonts come from files alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
    cssTarget: CSS_TARGET,
  };
}

function libraryBuild() {
  return {
    outDir: here("./dist"),
    target: "es2023",
    cssTarget: CSS_TARGET,
    lib: {
      entry: here("./src/library.ts"),
      formats: ["es" as const],
      fileName: "library",
      cssFileName: "library",
    },
    rollupOptions: { external: [/^react($|\/)/, /^react-dom($|\/)/] },
  };
}
