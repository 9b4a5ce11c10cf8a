import type { Page } from "@playwright/test";
import { MARKS } from "@/texts/pseudo";
import { expect, open, test } from "./test";
import type { Receiver } from "./receiver";

/** Names of months and days, halves of a day and zones, which Intl writes. */
const OF_DATES =
  /\b(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun|AM|PM|GMT|UTC)\b/g;

async function findFailedId(receiver: Receiver): Promise<string> {
  const answer = await receiver.get("/api/summaries?status=error&limit=1");
  const { summaries } = (await answer.json()) as { summaries: { id: string }[] };
  return summaries[0]?.id ?? "";
}

async function listPaths(receiver: Receiver): Promise<string[]> {
  const run = `/executions/${await findFailedId(receiver)}`;
  return [
    ...["/", "/?status=error&last=7d&tag=none", "/?q=nothing-matches-this"],
    ...[run, `${run}?view=graph`, `${run}?view=table`, `${run}?node=trigger`],
    ...["/overview", "/settings"],
  ];
}

test.describe("in the pseudo-language", () => {
  test.use({ locale: "en-XA" });

  test("every text of the main pages is of the catalogue", async ({ page, receiver }) => {
    const values = collectValues(page);
    for (const path of await listPaths(receiver)) {
      await open(page, path);
      await settle(page);
      // The address contains the reader's own words.
      expect.soft(await findWords(page, values, path), path).toEqual([]);
    }
    await open(page, "/");
    await page.keyboard.press("f");
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog")).toBeVisible();
    expect(await findWords(page, values), "keys and facets").toEqual([]);
  });

  for (const width of [1280, 390]) {
    test(`texts that are two fifths longer fit into ${width} px`, async ({ page, receiver }) => {
      await page.setViewportSize({ width, height: 800 });
      for (const path of await listPaths(receiver)) {
        await page.goto(path);
        await settle(page);
        const { scrollWidth, clientWidth } = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          return { scrollWidth, clientWidth };
        });
        expect.soft(scrollWidth, path).toBeLessThanOrEqual(clientWidth);
        expect.soft(await findCutButtons(page), path).toEqual([]);
      }
    });
  }
});

for (const locale of ["de-DE", "ar-EG", "ja-JP"]) {
  test.describe(`in ${locale}`, () => {
    test.use({ locale });

    test("numbers, shares and times are in the browser's form", async ({ page }) => {
      const answer = page.waitForResponse((response) => response.url().includes("/api/comparison"));
      await open(page, "/overview");
      const { current } = (await (await answer).json()) as {
        current: { total: number; error: number; success: number };
      };
      const [count, share] = await page.evaluate(
        ([total, rate]) => [
          new Intl.NumberFormat(navigator.language).format(total),
          new Intl.NumberFormat(navigator.language, {
            ...{ style: "percent", minimumFractionDigits: rate < 0.1 ? 1 : 0 },
            maximumFractionDigits: rate < 0.1 ? 1 : 0,
          }).format(rate),
        ],
        [current.total, current.error / (current.error + current.success)] as const,
      );
      const figures = page.getByRole("region", { name: "Figures" });
      await expect(figures.getByRole("definition").first()).toContainText(count);
      await expect(figures.getByRole("definition").nth(1)).toContainText(share);

      await open(page, "/");
      const time = page.getByRole("table").getByRole("cell").locator("time").first();
      await time.hover();
      const [day, title] = await time.evaluate((element) => [
        new Intl.DateTimeFormat(navigator.language, {
          ...{ weekday: "short", day: "numeric", month: "short", year: "numeric" },
        }).format(new Date(element.getAttribute("datetime") ?? "")),
        element.getAttribute("title"),
      ]);
      expect(title).toContain(day);
      expect(await page.locator("html").getAttribute("lang")).toBe("en");
    });
  });
}

/** Follow the answers of the receiver; the result returns all their values so far. */
function collectValues(page: Page): () => Promise<string> {
  const bodies: Promise<string>[] = [];
  page.on("response", (response) => {
    if (/\/api\/(?!events)/.test(response.url())) bodies.push(response.text().catch(() => ""));
  });
  return async () => (await Promise.all(bodies)).flatMap(listValues).join("\n").toLowerCase();
}

function listValues(body: string): string[] {
  try {
    const values: string[] = [];
    JSON.parse(body, (key, value: unknown) => {
      if (typeof value === "string") values.push(value);
      // The names of tags are data, too.
      if (key === "tags" && typeof value === "object") values.push(...Object.keys(value ?? {}));
      return value;
    });
    return values;
  } catch {
    return [body];
  }
}

/** Wait until nothing loads any more. */
async function settle(page: Page): Promise<void> {
  await expect(page.locator("main")).toBeVisible();
  await expect(page.locator("[role=status][aria-label*=oading]")).toHaveCount(0);
}

/** Return the words on the page that are neither between marks, nor data, nor of a date. */
async function findWords(
  page: Page,
  values: () => Promise<string>,
  address = "",
): Promise<string[]> {
  const outside = await page.evaluate(([begin, end]) => {
    const found: string[] = [];
    const keepOutside = (text: string, depth: number): number => {
      let kept = "";
      for (const character of text) {
        if (character === begin) depth += 1;
        else if (character === end) depth -= 1;
        else if (depth === 0) kept += character;
      }
      found.push(kept);
      return depth;
    };
    let depth = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ALL);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node instanceof Text && node.parentElement?.closest("script, style, code") === null) {
        depth = keepOutside(node.data, depth);
      }
      if (!(node instanceof Element)) continue;
      for (const name of ["aria-label", "title", "placeholder", "alt"]) {
        keepOutside(node.getAttribute(name) ?? "", 0);
      }
    }
    return found;
  }, MARKS);
  const words = outside.flatMap((text) => text.replace(OF_DATES, "").match(/\p{L}{3,}/gu) ?? []);
  // Data may arrive until the page is read, so the answers are read after the page.
  const known = `${address}\n${await values()}`;
  return [...new Set(words)].filter((word) => !known.includes(word.toLowerCase()));
}

/** Return the buttons and tabs whose text is wider than they are, unless they show it shortened. */
async function findCutButtons(page: Page): Promise<string[]> {
  return page
    .locator("button:visible, [role=tab]:visible")
    .evaluateAll((buttons) =>
      buttons
        .filter(
          (button) =>
            button.scrollWidth > button.clientWidth + 1 &&
            getComputedStyle(button).overflowX === "visible" &&
            button.clientWidth > 0,
        )
        .map((button) => button.textContent),
    );
}
