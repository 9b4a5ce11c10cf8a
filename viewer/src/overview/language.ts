/**
 * Chromium on a machine whose locale is POSIX says that its language is `en-US@posix`, which its own
 * number format refuses; uPlot asks for one as it loads. Imported before uPlot.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}
