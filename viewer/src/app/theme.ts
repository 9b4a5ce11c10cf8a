export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "flightlog-theme";

/** The chosen theme; the system's where none was chosen, or nothing can be kept. */
export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === kept) ?? "system";
  } catch {
    return "system";
  }
}

/** Shows a theme, and keeps it for the next visit where that is allowed. */
export function applyTheme(theme: Theme): void {
  document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage is refused in private windows of some browsers: the choice lasts for this page.
  }
}
