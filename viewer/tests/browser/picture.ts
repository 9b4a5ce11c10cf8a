import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import sharp from "sharp";

const IMAGES = fileURLToPath(new URL("../../../docs/images/", import.meta.url));

/** Write docs/images/viewer-<name>-<theme>.png, in few colours so that the file is small. */
export async function takePicture(page: Page, name: string, theme: string): Promise<void> {
  await page.mouse.move(0, 0);
  const picture = await page.screenshot({ animations: "disabled", caret: "hide" });
  await sharp(picture)
    .png({ palette: true, colours: 128, compressionLevel: 9, effort: 10 })
    .toFile(`${IMAGES}viewer-${name}-${theme}.png`);
}
