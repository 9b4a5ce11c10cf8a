import { useLayoutEffect, useRef, type ComponentProps, type Ref } from "react";
import type { QueryField } from "@/api";
import { classes, QueryText } from "@/ui";
import "./queryInput.css";

interface Props extends Omit<ComponentProps<"input">, "value"> {
  ref: Ref<HTMLInputElement>;
  value: string;
  fields: readonly QueryField[] | undefined;
}

/** An input whose text is coloured as a query, by a copy of the text that lies over the input. */
export function QueryInput({ ref, value, fields, className, ...rest }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const paint = useRef<HTMLSpanElement>(null);
  const follow = () => {
    // Reading the position of an empty input would only cost the first view a layout.
    const left = value === "" ? 0 : (input.current?.scrollLeft ?? 0);
    if (paint.current !== null) paint.current.style.transform = `translateX(${-left}px)`;
  };
  useLayoutEffect(follow, [value]);
  const keep = (element: HTMLInputElement | null) => {
    input.current = element;
    if (typeof ref === "function") ref(element);
    else if (ref !== null) ref.current = element;
  };
  return (
    <>
      <input
        {...rest}
        ref={keep}
        value={value}
        onScroll={follow}
        className={classes("fl-query-input font-mono text-sm", className)}
      />
      <span aria-hidden className="fl-query-paint font-mono text-sm">
        <span ref={paint}>
          <QueryText text={value} fields={fields} />
        </span>
      </span>
    </>
  );
}
