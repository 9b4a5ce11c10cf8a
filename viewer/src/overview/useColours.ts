import { useEffect, useState } from "react";

const NAMES = ["bar", "error-fill", "running", "text", "muted", "line", "accent"] as const;
export type Colours = Record<(typeof NAMES)[number], string>;

/**
 * Return the theme's colours for a canvas, which can't use CSS variables. The colours follow the
 * theme.
 */
export function useColours(): Colours {
  const [colours, setColours] = useState(readColours);
  useEffect(() => {
    const read = () => setColours(readColours());
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", read);
    const observer = new MutationObserver(read);
    observer.observe(document.documentElement, { attributeFilter: ["style"] });
    return () => {
      media.removeEventListener("change", read);
      observer.disconnect();
    };
  }, []);
  return colours;
}

function readColours(): Colours {
  const probe = document.createElement("span");
  document.body.append(probe);
  const entries = NAMES.map((name) => {
    probe.style.color = `var(--fl-${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(entries) as Colours;
}
