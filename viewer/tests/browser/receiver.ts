import { spawn, type ChildProcess } from "node:child_process";
import { on, once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

export interface ReceiverOptions {
  scenario?: "everything" | "shop" | "empty";
  executions?: number;
  rate?: number;
  live?: boolean;
  port?: number;
  directory?: string;
  largeMib?: number;
  nodes?: number;
}

/** A real receiver in its own process, over a history that was filled for it. */
export class Receiver {
  readonly url: string;
  /** The link that lets one page in. */
  readonly link: string;
  #session: Promise<string> | undefined;
  readonly #process: ChildProcess;

  private constructor(url: string, link: string, process: ChildProcess) {
    this.url = url;
    this.link = link;
    this.#process = process;
  }

  static async start(options: ReceiverOptions = {}): Promise<Receiver> {
    const { scenario = "shop", executions = 0, rate = 0, live = false } = options;
    const child = spawn(
      process.env.FLIGHTLOG_PYTHON ?? `${REPOSITORY}.venv/bin/python`,
      [
        `${REPOSITORY}tests/browser/serve.py`,
        ...["--scenario", scenario, "--executions", String(executions), "--rate", String(rate)],
        ...["--large-mib", String(options.largeMib ?? 1), "--nodes", String(options.nodes ?? 500)],
        ...["--port", String(options.port ?? 0), live ? "--live" : "--no-live", "--until-eof"],
        ...["--store", process.env.FLIGHTLOG_TEST_STORE ?? "sqlite"],
        ...(options.directory === undefined ? [] : ["--directory", options.directory]),
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, "exit").then(() => {
      throw new Error("The receiver ended before it served.");
    });
    const both = on(lines, "line");
    const next = async () => ((await Promise.race([both.next(), ended])).value as [string])[0];
    const [url, link] = [await next(), await next()];
    ended.catch(() => undefined);
    return new Receiver(url, link, child);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.stdin?.end();
    await ended;
  }

  /** Return the session for which the link's code is exchanged. */
  session(): Promise<string> {
    this.#session ??= fetch(`${this.url}/api/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code: new URL(this.link).hash.replace("#code=", "") }),
    })
      .then((answer) => answer.json())
      .then((answer) => (answer as { session: string }).session);
    return this.#session;
  }

  /** Request an address of the history with the session. */
  async get(path: string): Promise<Response> {
    const headers = { authorization: `Bearer ${await this.session()}` };
    return fetch(`${this.url}${path}`, { headers });
  }

  /** Store records as a workflow would send them. */
  async log(...records: object[]): Promise<void> {
    const answer = await fetch(`${this.url}/api/executions`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: records.map((record) => JSON.stringify(record)).join("\n"),
    });
    if (!answer.ok) throw new Error(`The receiver answered ${answer.status}.`);
  }

  async has(id: string): Promise<boolean> {
    return (await this.get(`/api/executions/${encodeURIComponent(id)}`)).ok;
  }
}

/** Make a plain record that started now. */
export function record(id: string, change: object = {}): object {
  return {
    id,
    workflowId: "posted",
    workflowName: `Posted ${id}`,
    status: "success",
    startedAt: new Date().toISOString(),
    durationMs: 120,
    trigger: { type: "http", data: { id } },
    nodeExecutions: [
      { nodeId: "one", nodeName: "One", nodeType: "script", status: "success", durationMs: 100 },
    ],
    ...change,
  };
}
