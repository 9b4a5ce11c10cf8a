import type { Texts } from ".";
import { english } from "./english";

/**
 * The languages that the viewer has, by their tag. A language other than English is a file of its
 * own, which only browsers that want it load.
 */
export const LANGUAGES: Readonly<Record<string, () => Texts | Promise<Texts>>> = {
  en: () => english,
  // English, marked and longer: shows texts that are missing here, and space that is too small.
  "en-XA": async () => (await import("./pseudo")).pseudo,
};
