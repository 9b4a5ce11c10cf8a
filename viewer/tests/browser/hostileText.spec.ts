import { writeFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, test } from "./test";

/** Runs all pages of `make security`; otherwise only some of them. */
const IS_LONG = process.env.FLIGHTLOG_LONG === "1";
const MARK = "flightlogHostile";

/** Markup and addresses that run a script where a page shows a text without escaping it. */
const VECTORS = [
  "<script>RUN</script>",
  "<img src=x onerror=RUN>",
  "<svg onload=RUN>",
  "<svg><script>RUN</script></svg>",
  "<iframe srcdoc='<script>parent.RUN</script>'></iframe>",
  "<iframe src='javascript:parent.RUN'></iframe>",
  "<body onload=RUN>",
  "<details open ontoggle=RUN>",
  "<video><source onerror=RUN></video>",
  "<audio src=x onerror=RUN>",
  "<input autofocus onfocus=RUN>",
  "<object data='javascript:RUN'></object>",
  "<embed src='javascript:RUN'>",
  "<a href='javascript:RUN'>x</a>",
  "<form action='javascript:RUN'><button>x</button></form>",
  "<math><mtext><img src=x onerror=RUN></mtext></math>",
  "<style>@import 'javascript:RUN'</style>",
  "<link rel=stylesheet href='data:text/css,*{color:red}'>",
  "<base href='https://evil.example/'>",
  "<meta http-equiv=refresh content='0;url=javascript:RUN'>",
  "javascript:RUN",
  "data:text/html,<script>RUN</script>",
  "{{constructor.constructor('RUN')()}}",
  "${RUN}",
  "[x](javascript:RUN)",
];
/** Ways out of the place where a page might put a text. */
const WRAPPERS: ((vector: string) => string)[] = [
  (vector) => vector,
  (vector) => `">${vector}`,
  (vector) => `'>${vector}`,
  (vector) => `</script>${vector}`,
  (vector) => `</style></title></textarea>${vector}`,
  (vector) => `-->${vector}<!--`,
  (vector) => `]]>${vector}`,
  (vector) => `\u0000${vector}`,
  (vector) => `\u202e${vector}\u2028`,
  (vector) => vector.toUpperCase().replaceAll("RUN", "RUN"),
  (vector) => vector.replaceAll("<", "<\t").replaceAll("< ", "<"),
  (vector) => vector.replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  (vector) => vector.replaceAll("<", "\\u003c"),
  (vector) => encodeURIComponent(vector),
  (vector) => `" onmouseover=RUN onfocus=RUN autofocus x="${vector}`,
  (vector) => `' style='animation:x' onanimationstart='RUN' x='${vector}`,
  (vector) => `https://example.com/"${vector}`,
  (vector) => `\n${vector}\n`,
  (vector) => vector.repeat(3),
  (vector) => JSON.stringify({ html: vector }),
  (vector) => `<!--><noscript><p title="</noscript>${vector}">`,
];
const PAYLOADS = WRAPPERS.flatMap((wrap) => VECTORS.map(wrap)).map((payload, number) =>
  payload.replaceAll("RUN", `window.${MARK}(${number})`),
);

/** Takes the next payload, so that every payload is shown somewhere. */
class Payloads {
  taken = 0;

  next(): string {
    this.taken += 1;
    return PAYLOADS[(this.taken - 1) % PAYLOADS.length] ?? "";
  }
}

/** A run with payloads in every text that the viewer shows. */
function hostile(payloads: Payloads, number: number): object {
  const error = () => ({
    message: payloads.next(),
    stack: `Traceback\n  File "${payloads.next()}", line 1\n${payloads.next()}`,
    type: payloads.next(),
    kind: payloads.next(),
  });
  const node = (status: string) => ({
    nodeId: payloads.next(),
    nodeName: payloads.next(),
    nodeType: payloads.next(),
    status,
    durationMs: 5,
    input: { [payloads.next()]: payloads.next(), list: [payloads.next()] },
    output: [{ [payloads.next()]: payloads.next() }, { url: payloads.next() }],
    logs: [
      { time: payloads.next(), level: payloads.next(), logger: "l", message: payloads.next() },
    ],
    ...(status === "error" && { error: error() }),
  });
  return {
    id: `hostile-${number}`,
    workflowId: payloads.next(),
    workflowName: payloads.next(),
    name: payloads.next(),
    projectId: payloads.next(),
    status: "error",
    startedAt: new Date(Date.now() - number * 1000).toISOString(),
    durationMs: 20,
    trigger: { type: payloads.next(), data: { [payloads.next()]: payloads.next() } },
    tags: { [payloads.next()]: payloads.next() },
    error: error(),
    nodeExecutions: [node("success"), node("error")],
  };
}

/** Collects every sign that a text was taken for markup. */
async function watch(page: Page): Promise<string[]> {
  const signs: string[] = [];
  await page.exposeFunction(MARK, (number: number) => signs.push(`ran payload ${number}`));
  await page.exposeFunction("flightlogViolated", (text: string) => signs.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const report = window as unknown as { flightlogViolated(text: string): void };
      report.flightlogViolated(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  page.on("dialog", (dialog) => {
    signs.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("framenavigated", (frame) => {
    if (frame !== page.mainFrame()) signs.push(`frame ${frame.url()}`);
  });
  return signs;
}

/** List elements that the viewer itself never makes. */
async function foreignElements(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [
      ...document.querySelectorAll(
        "iframe, object, embed, base, math, video, audio, body script, [onerror], [onload], " +
          "[onmouseover], [onfocus], [ontoggle], a[href^='javascript:' i], a[href^='data:' i]",
      ),
    ]
      .map((element) => element.outerHTML.slice(0, 200))
      .filter((html) => !html.startsWith('<script type="module"')),
  );
}

test("no text of a shared run is ever markup", async ({ page, receiver }, info) => {
  test.setTimeout(600_000);
  const payloads = new Payloads();
  const records: object[] = [];
  while (payloads.taken < PAYLOADS.length) records.push(hostile(payloads, 1_000 + records.length));
  await receiver.log(...records);
  const signs = await watch(page);
  page.on("request", (request) => {
    if (request.url().startsWith("http")) signs.push(`asks for ${request.url()}`);
  });
  const shown: string[] = [];
  for (let number = 0; number < records.length; number += 1) {
    const file = info.outputPath(`run-${number}.html`);
    const path = `/api/executions/hostile-${1_000 + number}/share`;
    writeFileSync(file, await (await receiver.get(path)).text());
    await page.goto(`file://${file}`);
    await page.locator("summary").first().click();
    expect(await foreignElements(page)).toEqual([]);
    expect(await page.locator("script, img, link, a, form, [style]").count()).toBe(0);
    shown.push((await page.locator("body").textContent()) ?? "");
  }
  const text = shown.join("\n");
  const numbers = PAYLOADS.flatMap(
    (payload) => /^[^\n]{0,150}flightlogHostile\((\d+)/.exec(payload)?.[1] ?? [],
  );
  expect(numbers.length).toBeGreaterThan(400);
  // Ids of nodes are not shown, and some payloads look like secrets.
  const missing = numbers.filter((number) => !text.includes(`flightlogHostile(${number})`));
  expect(missing.length).toBeLessThan(numbers.length / 5);
  expect(signs).toEqual([]);
});

test("no text of a record is ever markup", async ({ page, receiver }) => {
  test.setTimeout(IS_LONG ? 1_200_000 : 90_000);
  expect(new Set(PAYLOADS).size).toBeGreaterThanOrEqual(500);
  const payloads = new Payloads();
  const records: object[] = [];
  while (payloads.taken < PAYLOADS.length) records.push(hostile(payloads, records.length));
  await receiver.log(...records);
  const signs = await watch(page);
  const look = async (path: string, ready: string) => {
    await page.goto(path);
    await expect(page.locator(ready).first()).toBeVisible();
    expect(await foreignElements(page), path).toEqual([]);
  };
  await look("/", "main a[href*='hostile-']");
  await look("/overview", "main");
  const pages = IS_LONG ? records.length : 2;
  for (let number = 0; number < pages; number += 1) {
    for (const view of ["timeline", "graph", "table"]) {
      for (const node of ["0", "1", "trigger"]) {
        if (!IS_LONG && (view !== "timeline" || number > 0) && node !== "1") continue;
        await look(`/executions/hostile-${number}?view=${view}&node=${node}`, "main");
        await expect(page.locator("main")).toContainText(MARK);
      }
    }
  }
  const queries = IS_LONG ? PAYLOADS : PAYLOADS.slice(0, 5);
  for (const payload of queries) {
    await look(`/?q=${encodeURIComponent(payload)}`, "main");
  }
  expect(signs).toEqual([]);
});
