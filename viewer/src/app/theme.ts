export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "flightlog-theme";

/**
 * Return the chosen theme. Return the system's theme if none was chosen, or the storage is refused.
 */
export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === kept) ?? "system";
  } catch {
    return "system";
  }
}

/** Apply a theme, and store it for the next visit if the browser allows storage. */
export function applyTheme(theme: Theme): void {
  document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Some browsers refuse storage in private windows. The choice then lasts for this page.
  }
}
