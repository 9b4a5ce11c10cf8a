import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useClient } from "@/api";
import { useConnection } from "@/live";
import type { ListFilters } from "@/model/filters";
import { withoutOrder, type OverviewSearch } from "@/overview/search";
import { texts } from "@/texts";
import { Button, classes, Icon, Menu, MenuRadioGroup, Tooltip } from "@/ui";
import { MoreMenu } from "./MoreMenu";

interface Props {
  project?: string | undefined;
  /** Absent where the page does not concern a project. */
  onProject?: (project: string | undefined) => void;
  /** The filters of the page, which the link to the overview keeps. */
  overview?: ListFilters;
  /** Content before the live mark. */
  end?: ReactNode;
  children?: ReactNode;
}

/** The line at the top: the current page, the search, and the live mark. */
export function TopBar({ project, onProject, overview = {}, end, children }: Props) {
  return (
    <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line bg-panel px-2 py-2 sm:px-3 md:flex-nowrap">
      <Link to="/" className="shrink-0 rounded-sm px-1 font-semibold max-sm:hidden">
        {texts.app.name}
      </Link>
      <nav aria-label={texts.app.pages} className="flex shrink-0 items-center">
        <PageLink to="/" icon="list" label={texts.app.executions} keys="g l" />
        <PageLink
          to="/overview"
          search={withoutOrder(overview)}
          icon="chart"
          label={texts.app.overview}
          keys="g o"
        />
        <PageLink to="/settings" icon="sliders" label={texts.app.settings} keys="g s" />
      </nav>
      {onProject !== undefined && <ProjectMenu project={project} onProject={onProject} />}
      <div className="order-last flex min-w-0 basis-full md:order-none md:grow md:basis-0">
        {children}
      </div>
      <div className="ms-auto flex min-w-0 items-center gap-1">
        {end}
        <LiveMark />
        <MoreMenu />
      </div>
    </header>
  );
}

function PageLink({
  to,
  icon,
  label,
  keys,
  search = {},
}: {
  to: "/" | "/overview" | "/settings";
  search?: OverviewSearch;
  icon: "list" | "chart" | "sliders";
  label: string;
  keys: string;
}) {
  return (
    <Tooltip content={label} keys={keys}>
      <Link
        to={to}
        search={search}
        aria-label={label}
        activeOptions={{ exact: true, includeSearch: false }}
        className="flex size-7 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text aria-[current=page]:bg-chosen aria-[current=page]:text-accent"
      >
        <Icon name={icon} />
      </Link>
    </Tooltip>
  );
}

const ALL = "";

function ProjectMenu({
  project,
  onProject,
}: Required<Pick<Props, "onProject">> & Pick<Props, "project">) {
  const client = useClient();
  const projects = useQuery({
    queryKey: ["projects"],
    queryFn: ({ signal }) => client.projects({ signal }),
  });
  const known = projects.data ?? [];
  if (known.length === 0 && project === undefined) return null;
  return (
    <Menu
      trigger={
        <Button look="plain" className="min-w-0 px-2 text-muted max-sm:max-w-28">
          <span className="truncate">{project ?? texts.app.allProjects}</span>
          <Icon name="down" size={12} />
        </Button>
      }
    >
      <MenuRadioGroup
        value={project ?? ALL}
        onChange={(next) => onProject(next === ALL ? undefined : next)}
        options={[
          { value: ALL, label: texts.app.allProjects },
          ...known.map((value) => ({ value, label: value })),
        ]}
      />
    </Menu>
  );
}

/** Whether the page shows the current state of the history. */
function LiveMark() {
  const { state } = useConnection();
  return (
    <span role="status" className="flex shrink-0 items-center gap-1.5 px-1 text-muted">
      <svg aria-hidden viewBox="0 0 8 8" width="8" height="8">
        <circle
          cx="4"
          cy="4"
          r="3"
          className={classes(state === "live" ? "fill-success" : "fill-transparent stroke-current")}
        />
      </svg>
      <span className="max-sm:sr-only">{texts.app.connection[state]}</span>
    </span>
  );
}
