/**
 * The languages of the browser, and numbers in their form. Texts may be in another language, because
 * a browser's language need not have a translation.
 */

/** The languages of the browser that it can format; English outside of browsers. */
export const LOCALES: readonly string[] = listLocales();

function listLocales(): string[] {
  const wanted = typeof navigator === "undefined" ? [] : (navigator.languages as string[]);
  // With the POSIX locale, Chromium names a language that its own formats refuse.
  const known = wanted.filter((each) => {
    try {
      return Intl.getCanonicalLocales(each).length > 0;
    } catch {
      return false;
    }
  });
  return known.length > 0 ? known : ["en-GB"];
}

/** Return a function that makes a value at its first call, and returns the same value afterwards. */
export function makeOnce<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

const COUNT_FORMAT = makeOnce(() => new Intl.NumberFormat([...LOCALES]));

/** Format a count: 12,480. */
export function formatCount(count: number): string {
  return COUNT_FORMAT().format(count);
}

/** The forms of a text for a count. `Intl.PluralRules` says which of them a language needs. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };

/** Return the function that chooses the form of a text by a language's rules. */
export function makePlural(language: string): (count: number, forms: Forms) => string {
  const rules = makeOnce(() => new Intl.PluralRules(language));
  return (count, forms) => forms[rules().select(count)] ?? forms.other;
}
