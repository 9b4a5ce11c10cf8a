import type { ExecutionSearch } from "./search";

interface Props {
  id: string;
  search: ExecutionSearch;
  onSearch: (change: ExecutionSearch) => void;
}

/** One execution: what it was, why it failed, and each of its nodes. */
export function ExecutionPage({ id }: Props) {
  return <p>{id}</p>;
}
