export function OverviewPage() {
  return <h1 className="p-4">Overview</h1>;
}
