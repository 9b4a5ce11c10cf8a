export function ListPage() {
  return <h1 className="p-4">Executions</h1>;
}
