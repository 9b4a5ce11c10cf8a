interface Props {
  counts: readonly number[];
  /** The meaning of the line in words. */
  label: string;
}

const WIDTH = 96;
const HEIGHT = 18;

/** Counts over time as small bars; a count that is not 0 is at least 2 pixels high. */
export function Sparkline({ counts, label }: Props) {
  const most = Math.max(1, ...counts);
  const step = WIDTH / Math.max(1, counts.length);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      className="text-error"
    >
      <path d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} stroke="var(--fl-line-strong)" strokeWidth="1" />
      {counts.map((count, index) => {
        if (count === 0) return null;
        const height = Math.max(2, (count / most) * (HEIGHT - 1));
        return (
          <rect
            key={index}
            x={index * step}
            y={HEIGHT - height}
            width={Math.max(1.5, step - 0.8)}
            height={height}
            fill="currentColor"
          />
        );
      })}
    </svg>
  );
}
