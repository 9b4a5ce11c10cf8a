import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { clickActions, keyActions, middleOf, type Driver, type Point } from "./driver";

const MINI_BROWSER = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
const DISPLAY = ":91";
const PORT = 4491;
const STARTS = 200;
const RETRY_MS = 100;

/** Start WebKitGTK on a display of its own, and drive it over WebDriver. */
export async function startWebKit(driverPath: string): Promise<Driver> {
  const display = spawn("Xvfb", [DISPLAY, "-screen", "0", "1280x800x24", "-nolisten", "tcp"], {
    stdio: "ignore",
  });
  const driver = spawn(driverPath, [`--port=${PORT}`], {
    stdio: "ignore",
    env: { ...process.env, DISPLAY, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" },
  });
  const base = `http://127.0.0.1:${PORT}`;
  await untilReady(`${base}/status`);
  const { sessionId } = (await call("POST", `${base}/session`, {
    capabilities: {
      alwaysMatch: {
        "webkitgtk:browserOptions": { binary: MINI_BROWSER, args: ["--automation"] },
      },
    },
  })) as { sessionId: string };
  const session = `${base}/session/${sessionId}`;
  const evaluate = async <T>(expression: string): Promise<T> => {
    const script = `
      const done = arguments[arguments.length - 1];
      Promise.resolve(${expression}).then(
        (value) => done(JSON.stringify({ value: value ?? null })),
        (error) => done(JSON.stringify({ error: String(error) })),
      );`;
    const text = (await call("POST", `${session}/execute/async`, { script, args: [] })) as string;
    const { value, error } = JSON.parse(text) as { value: T; error?: string };
    if (error !== undefined) throw new Error(error);
    return value;
  };
  const perform = async (action: object) => {
    await call("POST", `${session}/actions`, { actions: [action] });
  };
  return {
    name: "WebKitGTK",
    evaluate,
    open: async (url) => {
      await call("POST", `${session}/url`, { url });
    },
    click: async (selector) => {
      const point = await evaluate<Point | null>(middleOf(selector));
      if (point === null) throw new Error(`There is no ${selector}.`);
      await perform(clickActions(point));
    },
    press: (...keys) => perform(keyActions(keys)),
    closeTab: async () => {
      const { handle } = (await call("POST", `${session}/window/new`, { type: "tab" })) as {
        handle: string;
      };
      await call("DELETE", `${session}/window`);
      await call("POST", `${session}/window`, { handle });
    },
    quit: async () => {
      await call("DELETE", session).catch(() => undefined);
      await Promise.all([end(driver), end(display)]);
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill();
  await ended;
}

async function untilReady(url: string): Promise<void> {
  for (let start = 0; start < STARTS; start += 1) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // The driver is still starting.
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  throw new Error(`${url} does not answer.`);
}

async function call(method: string, url: string, body?: object): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    ...(method === "POST" && { body: JSON.stringify(body ?? {}) }),
  });
  const { value } = (await answer.json()) as { value: unknown };
  if (!answer.ok) throw new Error(`${method} ${url}: ${JSON.stringify(value)}`);
  return value;
}
