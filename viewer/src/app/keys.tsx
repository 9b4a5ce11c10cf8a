import {
  createContext,
  use,
  useEffect,
  useRef,
  useState,
  type ReactNode,
  type RefObject,
} from "react";

/** A key and its action. */
export interface KeyBinding {
  /** One key as `KeyboardEvent.key` names it, or two keys in sequence: "j", "Enter", "g l". */
  keys: string;
  /** The key's effect, for the key sheet. Absent for a second key with the same effect. */
  label?: string;
  group: string;
  run: () => void;
}

class Keyboard {
  readonly #layers = new Set<{ current: readonly KeyBinding[] }>();
  #prefix = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  add(layer: { current: readonly KeyBinding[] }): () => void {
    this.#layers.add(layer);
    return () => this.#layers.delete(layer);
  }

  /** All bindings in force, the latest layer first. */
  bindings(): KeyBinding[] {
    return [...this.#layers].reverse().flatMap((layer) => layer.current);
  }

  readonly onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (belongsToAControl(event)) return;
    const pressed = this.#prefix === "" ? event.key : `${this.#prefix} ${event.key}`;
    const bindings = this.bindings();
    const binding = bindings.find((each) => each.keys === pressed);
    this.#prefix = "";
    clearTimeout(this.#timer);
    if (binding !== undefined) {
      event.preventDefault();
      binding.run();
    } else if (bindings.some((each) => each.keys.startsWith(`${pressed} `))) {
      this.#prefix = pressed;
      this.#timer = setTimeout(() => (this.#prefix = ""), 1500);
    }
  };
}

function belongsToAControl(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (target === null) return false;
  if (target.closest("[role=menu], [role=dialog], [role=listbox]") !== null) return true;
  const edits = target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (edits !== null) return true;
  const presses = event.key === "Enter" || event.key === " ";
  return presses && target.closest("button, a, summary, [role=tab], input") !== null;
}

const KeyboardContext = createContext<Keyboard | null>(null);

interface ProviderProps {
  /** An element of a page that embeds the viewer; null for the whole page. */
  target: RefObject<HTMLElement | null> | null;
  children: ReactNode;
}

/** Listen to keys on the target, for all components below. */
export function KeysProvider({ target, children }: ProviderProps) {
  const [keyboard] = useState(() => new Keyboard());
  useEffect(() => {
    const listen = keyboard.onKeyDown as EventListener;
    const element = target === null ? document : target.current;
    element?.addEventListener("keydown", listen);
    return () => element?.removeEventListener("keydown", listen);
  }, [keyboard, target]);
  return <KeyboardContext value={keyboard}>{children}</KeyboardContext>;
}

function useKeyboard(): Keyboard {
  const keyboard = use(KeyboardContext);
  if (keyboard === null) throw new Error("Keys need a KeysProvider around them.");
  return keyboard;
}

/** Put keys in force while the component is mounted. Later bindings override earlier ones. */
export function useKeys(bindings: readonly KeyBinding[]): void {
  const keyboard = useKeyboard();
  const layer = useRef<readonly KeyBinding[]>(bindings);
  useEffect(() => {
    layer.current = bindings;
  });
  useEffect(() => keyboard.add(layer), [keyboard]);
}

/** Return a function that lists the keys in force at the moment of its call. */
export function useKeyList(): () => KeyBinding[] {
  const keyboard = useKeyboard();
  return () => keyboard.bindings();
}
