import AxeBuilder from "@axe-core/playwright";
import { expect, test as base, type Page } from "@playwright/test";
import { Receiver, type ReceiverOptions } from "./receiver";

interface Fixtures {
  /**
   * Fails the test of every page on errors, refused scripts and styles, and requests to other
   * hosts.
   */
  guarded: undefined;
}

interface WorkerFixtures {
  receiverOptions: ReceiverOptions;
  receiver: Receiver;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  receiverOptions: [{}, { scope: "worker", option: true }],
  receiver: [
    async ({ receiverOptions }, provide) => {
      const receiver = await Receiver.start(receiverOptions);
      await provide(receiver);
      await receiver.stop();
    },
    { scope: "worker", timeout: 240_000 },
  ],
  baseURL: async ({ receiver }, provide) => provide(receiver.url),
  storageState: async ({ receiver }, provide) => {
    const session = { name: "flightlog.session", value: await receiver.session() };
    await provide({ cookies: [], origins: [{ origin: receiver.url, localStorage: [session] }] });
  },
  guarded: [
    async ({ page, receiver }, provide) => {
      const wrongs = watch(page, receiver.url);
      await provide(undefined);
      expect(wrongs).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

function watch(page: Page, own: string): string[] {
  const wrongs: string[] = [];
  page.on("pageerror", (error) => wrongs.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (/Content.Security.Policy|React|hydrat/i.test(message.text())) wrongs.push(message.text());
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    const isLocal =
      origin === new URL(own).origin || ["data:", "blob:", "file:"].includes(protocol);
    if (!isLocal) wrongs.push(`asks elsewhere: ${request.url()}`);
  });
  return wrongs;
}

/** Open a page of the viewer, and wait until the live connection is open. */
export async function open(page: Page, path = "/"): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("banner").getByText("live")).toBeAttached();
}

/** Return the list's drawn rows, from the top. */
export function rows(page: Page) {
  return page.getByRole("table", { name: "Executions" }).locator("[role=row][data-id]");
}

/** Expect no violation in the light theme, and none of the rules about colours in the dark one. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  const dark = await new AxeBuilder({ page }).withRules(["color-contrast"]).analyze();
  await page.emulateMedia({ colorScheme: "light" });
  const light = await new AxeBuilder({ page }).analyze();
  const found = [...light.violations, ...dark.violations].map(({ id, nodes }) => ({
    id,
    where: nodes.map((node) => node.target.join(" ")).slice(0, 5),
    why: nodes[0]?.failureSummary,
  }));
  expect(found).toEqual([]);
}
