/**
 * The texts of the viewer in the language of the browser. Read `texts` where a text is drawn and
 * never in a constant of a module, because modules load before the language is chosen.
 */
import { english } from "./english";
import { LANGUAGES } from "./languages";

/** A text for each place of the viewer. A language that lacks one does not compile. */
export type Texts = typeof english;

/** The texts of the chosen language. */
export let texts: Texts = english;

/**
 * Choose the first wanted language that has texts, else English, before the viewer is drawn.
 *
 * @param wanted Languages in order of preference, as `navigator.languages` lists them.
 * @returns The tag of the chosen language.
 */
export async function chooseLanguage(wanted: readonly string[]): Promise<string> {
  const tag = findLanguage(wanted);
  try {
    texts = (await LANGUAGES[tag]?.()) ?? english;
    return tag;
  } catch {
    // A file that does not arrive leaves a page that can be read.
    texts = english;
    return "en";
  }
}

/** Return the tag of the first wanted language that is known: `de-AT` is served by `de`. */
export function findLanguage(
  wanted: readonly string[],
  known: readonly string[] = Object.keys(LANGUAGES),
): string {
  for (const tag of wanted) {
    const lower = tag.toLowerCase();
    const found =
      known.find((each) => each.toLowerCase() === lower) ??
      known.find((each) => lower.startsWith(`${each.toLowerCase()}-`));
    if (found !== undefined) return found;
  }
  return "en";
}
