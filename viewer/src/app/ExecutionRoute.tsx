import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ExecutionPage } from "@/execution/ExecutionPage";

/** Connect the execution's page with its address. */
export function ExecutionRoute() {
  const { id } = useParams({ from: "/executions/$id" });
  const search = useSearch({ from: "/executions/$id" });
  const navigate = useNavigate();
  return (
    <ExecutionPage
      key={id}
      id={id}
      search={search}
      onSearch={(change) =>
        void navigate({
          to: "/executions/$id",
          params: { id },
          // A place belongs to the node execution that it was opened with.
          search: { ...search, ...("node" in change && { at: undefined }), ...change },
          replace: true,
        })
      }
    />
  );
}
