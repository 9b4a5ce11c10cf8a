/**
 * Replaces an invalid language of the browser. On a machine with the POSIX locale, Chromium reports
 * `en-US@posix`, which its own number format refuses. Import this module before uPlot, because
 * uPlot makes a number format while it loads.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}
