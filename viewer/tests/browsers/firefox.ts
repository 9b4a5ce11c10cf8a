import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import WebSocket from "ws";
import { clickActions, keyActions, middleOf, type Driver, type Point } from "./driver";

const LISTENING = /WebDriver BiDi listening on (ws:\S+)/;

interface Answer {
  id?: number;
  result?: unknown;
  message?: string;
  error?: string;
}

/** Start Firefox, and drive it over WebDriver BiDi. */
export async function startFirefox(path: string): Promise<Driver> {
  const profile = await mkdtemp(join(tmpdir(), "flightlog-firefox-"));
  const child = spawn(
    path,
    ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile, "about:blank"],
    {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: "1" },
    },
  );
  const address = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`Firefox ended with ${code}.`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      const found = LISTENING.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const connection = await connect(`${address}/session`);
  const { send } = connection;
  await send("session.new", { capabilities: {} });
  let context = "";
  const evaluate = async <T>(expression: string): Promise<T> => {
    const answer = (await send("script.evaluate", {
      // A page's values come back as JSON, which both protocols carry alike.
      expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`,
      target: { context },
      awaitPromise: true,
      userActivation: true,
    })) as { type: string; result?: { value: string }; exceptionDetails?: { text: string } };
    if (answer.result === undefined) throw new Error(answer.exceptionDetails?.text);
    return JSON.parse(answer.result.value) as T;
  };
  const perform = (action: object) =>
    send("input.performActions", { context, actions: [action] }).then(() => undefined);
  return {
    name: "Firefox",
    evaluate,
    open: async (url) => {
      const before = context;
      ({ context } = (await send("browsingContext.create", { type: "tab" })) as {
        context: string;
      });
      if (before !== "") await send("browsingContext.close", { context: before });
      await send("browsingContext.setViewport", {
        context,
        viewport: { width: 1280, height: 720 },
      });
      await send("browsingContext.navigate", { context, url, wait: "complete" });
    },
    click: async (selector) => {
      const point = await evaluate<Point | null>(middleOf(selector));
      if (point === null) throw new Error(`There is no ${selector}.`);
      await perform(clickActions(point));
    },
    press: (...keys) => perform(keyActions(keys)),
    closeTab: async () => {
      // The last tab would take the browser with it.
      const { context: other } = (await send("browsingContext.create", { type: "tab" })) as {
        context: string;
      };
      await send("browsingContext.close", { context });
      context = other;
    },
    quit: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      connection.close();
      child.kill();
      await ended;
      await rm(profile, { recursive: true, force: true });
    },
  };
}

async function connect(address: string) {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.on("message", (data: Buffer) => {
    const answer = JSON.parse(data.toString()) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  let last = 0;
  const send = (method: string, params: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = (last += 1);
      waiting.set(id, ({ result, error, message }) => {
        waiting.delete(id);
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${error}: ${message}`));
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
  return { send, close: () => socket.close() };
}
