import {
  cloneElement,
  useEffect,
  useId,
  useState,
  type DOMAttributes,
  type ReactElement,
  type ReactNode,
} from "react";
import { Kbd } from "./Kbd";
import { useOverlays } from "./loadOverlays";

const DELAY_MS = 400;
/** The time in which the pointer may reach the tooltip itself, or another one that then shows at once. */
const GRACE_MS = 150;

/** When the latest tooltip of the page was hidden. */
let hiddenAt = -Infinity;

type Side = "top" | "bottom" | "left" | "right";

export interface BubbleProps {
  /** The element that the tooltip describes. */
  anchor: Element;
  id?: string;
  side?: Side;
  onEnter?: () => void;
  onLeave?: () => void;
  children: ReactNode;
}

/** A tooltip that shows now, whatever the pointer does. */
export function Bubble(props: BubbleProps) {
  const overlays = useOverlays(true);
  return overlays !== undefined && <overlays.OpenTooltip {...props} />;
}

interface Props {
  content: ReactNode;
  keys?: string;
  side?: Side;
  /** One element that takes handlers. */
  children: ReactElement<DOMAttributes<Element>>;
}

/** The element to describe, or null for none, and when. */
interface Wish {
  anchor: Element | null;
  when: "now" | "hovered" | "left";
}

const NOTHING: Wish = { anchor: null, when: "now" };

/** The description that a control or a value shows on hover or focus. */
export function Tooltip({ content, keys, side = "bottom", children }: Props) {
  const [wish, setWish] = useState<Wish | null>(null);
  const [anchor, setAnchor] = useState<Element | null>(null);
  const id = useId();
  const own = children.props;
  useEffect(() => {
    if (wish === null) return;
    const timer = setTimeout(() => setAnchor(wish.anchor), getDelay(wish.when));
    return () => clearTimeout(timer);
  }, [wish]);
  useEffect(() => {
    if (anchor === null) return;
    const close = (event: KeyboardEvent) => {
      if (event.key === "Escape") setWish(NOTHING);
    };
    document.addEventListener("keydown", close, { capture: true });
    return () => {
      document.removeEventListener("keydown", close, { capture: true });
      hiddenAt = performance.now();
    };
  }, [anchor]);
  return (
    <>
      {cloneElement(children, {
        onPointerEnter: (event) => {
          own.onPointerEnter?.(event);
          if (event.pointerType !== "touch")
            setWish({ anchor: event.currentTarget, when: "hovered" });
        },
        onPointerLeave: (event) => {
          own.onPointerLeave?.(event);
          setWish({ anchor: null, when: "left" });
        },
        onPointerDown: (event) => {
          own.onPointerDown?.(event);
          setWish(NOTHING);
        },
        onFocus: (event) => {
          own.onFocus?.(event);
          if (event.currentTarget.matches(":focus-visible"))
            setWish({ anchor: event.currentTarget, when: "now" });
        },
        onBlur: (event) => {
          own.onBlur?.(event);
          setWish(NOTHING);
        },
        onClick: (event) => {
          own.onClick?.(event);
          setWish(NOTHING);
        },
      })}
      {anchor !== null && (
        <Bubble
          {...{ anchor, id, side }}
          onEnter={() => setWish({ anchor, when: "now" })}
          onLeave={() => setWish({ anchor: null, when: "left" })}
        >
          {content}
          {keys !== undefined && <Kbd className="ms-2">{keys}</Kbd>}
        </Bubble>
      )}
    </>
  );
}

function getDelay(when: Wish["when"]): number {
  if (when === "now") return 0;
  if (when === "left") return GRACE_MS;
  return performance.now() - hiddenAt < GRACE_MS ? 0 : DELAY_MS;
}
