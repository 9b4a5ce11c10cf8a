import type { ComponentProps } from "react";
import { classes } from "./classes";
import { Icon, type IconName } from "./Icon";
import { Tooltip } from "./Tooltip";

type Look = "plain" | "link" | "bordered" | "primary" | "danger";

const LOOKS: Record<Look, string> = {
  plain: "text-text hover:bg-hover data-[state=open]:bg-hover",
  link: "text-accent hover:bg-hover",
  bordered: "border border-line-strong bg-canvas hover:bg-hover data-[state=open]:bg-hover",
  primary: "bg-accent-fill text-on-accent hover:brightness-110",
  danger: "border border-line-strong text-error hover:bg-error-soft",
};

interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  icon?: IconName;
}

export function Button({ look = "bordered", icon, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classes(
        "inline-flex h-7 shrink-0 items-center gap-1.5 rounded-md px-2.5 whitespace-nowrap",
        "disabled:opacity-50",
        LOOKS[look],
        className,
      )}
    >
      {icon !== undefined && <Icon name={icon} size={14} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  icon: IconName;
  /** The button's name, also shown on hover. */
  label: string;
  /** The key with the same effect. */
  keys?: string;
  filled?: boolean;
}

/** A button that shows only an icon. */
export function IconButton({ icon, label, keys, filled, className, ...rest }: IconButtonProps) {
  return (
    <Tooltip content={label} {...(keys !== undefined && { keys })}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={classes(
          "inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted",
          "hover:bg-hover hover:text-text disabled:opacity-40 data-[state=open]:bg-hover",
          className,
        )}
      >
        <Icon name={icon} filled={filled ?? false} />
      </button>
    </Tooltip>
  );
}
