import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouterHistory,
} from "@tanstack/react-router";
import { readExecutionSearch } from "@/execution/search";
import { readFilters } from "@/model/filters";
import { readOverviewSearch } from "@/overview/search";
import { ListPage } from "@/list/ListPage";
import { NotFound } from "./NotFound";
import { PageError } from "./PageError";
import { parseSearch, stringifySearch } from "./search";
import { Shell } from "./Shell";

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound });

export const listRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  validateSearch: readFilters,
  component: ListPage,
});

export const executionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/executions/$id",
  validateSearch: readExecutionSearch,
  component: lazyRouteComponent(() => import("./ExecutionRoute"), "ExecutionRoute"),
});

export const overviewRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/overview",
  validateSearch: readOverviewSearch,
  component: lazyRouteComponent(() => import("@/overview/OverviewPage"), "OverviewPage"),
});

export const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/settings/SettingsPage"), "SettingsPage"),
});

const routeTree = rootRoute.addChildren([listRoute, executionRoute, overviewRoute, settingsRoute]);

/** Make the router of the viewer. Without a history, the router uses the page's own address. */
export function createViewerRouter(history?: RouterHistory) {
  return createRouter({
    routeTree,
    parseSearch,
    stringifySearch,
    defaultErrorComponent: PageError,
    defaultPreload: "intent",
    defaultPendingMs: 200,
    ...(history !== undefined && { history }),
  });
}

export type ViewerRouter = ReturnType<typeof createViewerRouter>;

declare module "@tanstack/react-router" {
  interface Register {
    router: ViewerRouter;
  }
}
