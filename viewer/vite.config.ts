import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { HtmlTagDescriptor, Plugin, Rolldown } from "vite";
import { defineConfig } from "vitest/config";

const receiver = process.env.FLIGHTLOG_URL ?? "http://127.0.0.1:3000";
/** Browsers that know light-dark(); for others it would be rewritten, and follow no switch. */
const CSS_TARGET = ["chrome123", "firefox120", "safari17.5"];
const MAIN = "./src/app/main.tsx";
const EARLY = "./src/app/early.ts";
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss(), ...(mode === "library" ? [] : [runEarlyScript()])],
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
    // One large file arrives before twelve small ones.
    chunkSizeWarningLimit: 500,
    rollupOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "early", test: /src.(api|app).early\.ts$/, priority: 2 },
            { name: chooseFile, debugName: "viewer", priority: 1 },
          ],
        },
      },
    },
  };
}

/** Put all that the first view needs into one file: each further file delays the others. */
function chooseFile(id: string, chunking: Rolldown.ChunkingContext): string | null {
  const seen = new Set<string>();
  const pending = [id];
  for (let each = pending.pop(); each !== undefined; each = pending.pop()) {
    if (each === here(MAIN)) return id === each ? null : "viewer";
    if (seen.has(each)) continue;
    seen.add(each);
    pending.push(...(chunking.getModuleInfo(each)?.importers ?? []));
  }
  return null;
}

/** Run the early script as soon as it has arrived, without waiting for the other scripts and styles. */
function runEarlyScript(): Plugin {
  return {
    name: "early-script",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }): HtmlTagDescriptor[] {
        const script = Object.values(bundle).find(
          (part) => part.type === "chunk" && part.moduleIds.includes(here(EARLY)),
        );
        if (script === undefined) return [];
        const attrs = {
          type: "module",
          async: true,
          crossorigin: true,
          src: `/${script.fileName}`,
        };
        return [{ tag: "script", attrs, injectTo: "head-prepend" }];
      },
    },
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
