import type { ReactElement } from "react";

const PATHS = {
  search: <path d="M7 12A5 5 0 107 2a5 5 0 000 10zm3.6-1.4L14 14" />,
  close: <path d="M4 4l8 8m0-8l-8 8" />,
  down: <path d="M4 6l4 4 4-4" />,
  up: <path d="M8 13V3M4 7l4-4 4 4" />,
  left: <path d="M10 4L6 8l4 4" />,
  right: <path d="M6 4l4 4-4 4" />,
  more: <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2" />,
  check: <path d="M3 8.5l3.2 3.2L13 5" />,
  copy: <path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />,
  trash: <path d="M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.6 9h5.8l.6-9" />,
  download: <path d="M8 2v8m-3.5-3L8 10.5 11.5 7M3 13.5h10" />,
  star: <path d="M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5z" />,
  bookmark: <path d="M4 2.5h8v11L8 10.4l-4 3.1z" />,
  clock: <path d="M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 5v3.3l2.2 1.4" />,
  sun: (
    <path d="M8 5.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6zM8 1.5V3m0 10v1.5M1.5 8H3m10 0h1.5M3.4 3.4l1 1m7.2 7.2l1 1m0-9.2l-1 1m-7.2 7.2l-1 1" />
  ),
  moon: <path d="M13.5 9.6A5.8 5.8 0 016.4 2.5a5.8 5.8 0 107.1 7.1z" />,
  screen: <path d="M2 3h12v8H2zM5.5 14h5M8 11v3" />,
  retry: <path d="M13 8a5 5 0 11-1.5-3.6L13 6m0-3.5V6H9.5" />,
  list: <path d="M2.5 4h11m-11 4h11m-11 4h11" />,
  chart: <path d="M2.5 13.5h11M4.5 11V7.5M8 11V3.5M11.5 11V6" />,
  sliders: (
    <path d="M2.5 4.5h6m3 0h2M11.5 4.5a1.5 1.5 0 11-3 0 1.5 1.5 0 013 0zM2.5 11.5h2m3 0h6M7.5 11.5a1.5 1.5 0 11-3 0 1.5 1.5 0 013 0z" />
  ),
  external: <path d="M6.5 3.5h-3v9h9v-3M9 2.5h4.5V7M13 3L7.5 8.5" />,
  code: <path d="M5.5 4L2 8l3.5 4m5-8L14 8l-3.5 4" />,
  path: <path d="M2.5 3.5v6h5M10 4.5h4M10 9.5h4M7.5 12.5H14" />,
  warning: <path d="M8 2.5l6 11H2zM8 7v3m0 1.6v.1" />,
} satisfies Record<string, ReactElement>;

export type IconName = keyof typeof PATHS;

interface Props {
  name: IconName;
  size?: number;
  filled?: boolean;
  className?: string;
}

/** A 16-px line icon. The icon is decoration, so the control around it has the name. */
export function Icon({ name, size = 16, filled = false, className }: Props) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill={filled ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth="1.3"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`shrink-0 ${className ?? ""}`}
    >
      {PATHS[name]}
    </svg>
  );
}
