/** One browser that a test drives: the few actions that the main flows need. */
export interface Driver {
  readonly name: string;
  /** Open a new tab at an address, in place of the tab before. */
  open: (url: string) => Promise<void>;
  /** Evaluate an expression in the page, and wait for its promise. The result is JSON. */
  evaluate: <T>(expression: string) => Promise<T>;
  /** Click the middle of the first element that a selector finds. */
  click: (selector: string) => Promise<void>;
  /** Press and release keys one after another, with their `KeyboardEvent.key`. */
  press: (...keys: string[]) => Promise<void>;
  /** Close the tab as a reader does, so that the page runs its handlers. */
  closeTab: () => Promise<void>;
  quit: () => Promise<void>;
}

/** The WebDriver codes of keys that are no characters. */
const CODES: Readonly<Record<string, string>> = {
  Enter: "\uE007",
  Escape: "\uE00C",
  ArrowUp: "\uE013",
  ArrowDown: "\uE015",
};

/** Return the actions of WebDriver that press keys one after another. */
export function keyActions(keys: readonly string[]): object {
  return {
    type: "key",
    id: "keyboard",
    actions: keys.flatMap((key) => {
      const value = CODES[key] ?? key;
      return [
        { type: "keyDown", value },
        { type: "keyUp", value },
      ];
    }),
  };
}

/** Return the actions of WebDriver that click at a position of the window. */
export function clickActions({ x, y }: Point): object {
  return {
    type: "pointer",
    id: "mouse",
    parameters: { pointerType: "mouse" },
    actions: [
      { type: "pointerMove", x: Math.round(x), y: Math.round(y), duration: 0 },
      { type: "pointerDown", button: 0 },
      { type: "pointerUp", button: 0 },
    ],
  };
}

export interface Point {
  x: number;
  y: number;
}

/** Return the expression that finds the middle of an element. */
export function middleOf(selector: string): string {
  return `(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    if (element === null) return null;
    element.scrollIntoView({ block: "nearest" });
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2 };
  })()`;
}
