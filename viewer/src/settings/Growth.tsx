import { Link } from "@tanstack/react-router";
import type { Space } from "@/api";
import { formatDay, formatSize } from "@/model/format";
import { dayFilters, fillDays } from "@/model/space";
import { texts } from "@/texts";

const DAYS = 14;

/** How much was recorded on each of the last days. */
export function Growth({ space }: { space: Space }) {
  const days = fillDays(space, DAYS);
  const most = Math.max(1, ...days.map((each) => each.bytes));
  return (
    <div className="flex grow flex-col p-3">
      <p>
        {space.growthBytes > 0 ? (
          <>
            {texts.growth.about(
              <span className="font-semibold">
                {texts.growth.aDay(formatSize(space.growthBytes))}
              </span>,
              <span className="text-muted">{texts.growth.lastWeek}</span>,
            )}
          </>
        ) : (
          <span className="text-muted">{texts.growth.nothing}</span>
        )}
      </p>
      <ol aria-label={texts.growth.label} className="mt-3 flex min-h-28 grow items-stretch gap-1">
        {days.map(({ day, runs, bytes }) => {
          const words = texts.growth.day(formatDay(`${day}T12:00:00Z`), runs, formatSize(bytes));
          return (
            <li key={day} className="min-w-0 grow basis-0">
              <Link
                to="/"
                search={dayFilters(day)}
                aria-label={words}
                title={words}
                className="group flex h-full flex-col justify-end"
              >
                <span
                  className="rounded-t-sm bg-bar group-hover:bg-accent-fill"
                  style={{ height: runs === 0 ? "1px" : `max(2px, ${(100 * bytes) / most}%)` }}
                />
              </Link>
            </li>
          );
        })}
      </ol>
      <div
        aria-hidden
        className="mt-1 flex justify-between border-t border-line pt-1 text-sm text-muted"
      >
        <span>{formatDay(`${days[0]?.day ?? ""}T12:00:00Z`)}</span>
        <span>{texts.growth.today}</span>
      </div>
    </div>
  );
}
