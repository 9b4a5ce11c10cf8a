import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useClient, type PayloadAddress } from "@/api";
import { findQueries, fragmentQuery, type ValueQueries } from "@/model/findValue";
import type { TreeRow } from "@/model/payloadTree";
import { texts } from "@/texts";
import { IconButton, Menu, MenuItem, MenuLabel, QueryText } from "@/ui";

/** The largest object or list that becomes a query. */
const MOST_FRAGMENT_BYTES = 1000;

interface Props {
  address: PayloadAddress;
  version: string;
  /** The chosen value. */
  pointer: string;
  rows: readonly TreeRow[];
}

/** The menu that finds the executions which have the chosen value. */
export function FindRuns(props: Props) {
  return (
    <Menu align="end" trigger={<IconButton icon="search" label={texts.findRuns.title} />}>
      <MenuLabel>{texts.findRuns.title}</MenuLabel>
      <Choices {...props} />
    </Menu>
  );
}

function Choices({ address, version, pointer, rows }: Props) {
  const client = useClient();
  const navigate = useNavigate();
  const { data, error } = useQuery({
    queryKey: ["find value", address, version, pointer],
    queryFn: async ({ signal }): Promise<ValueQueries> => {
      const value = await client.payloadTree(address, pointer, { limit: 1 }, { signal });
      const isContainer = value.kind === "object" || value.kind === "array";
      if (!isContainer) return findQueries(address.of, pointer, value, isList);
      if ((value.count ?? 0) === 0 || value.bytes > MOST_FRAGMENT_BYTES) return NONE;
      const json = await client.payloadValue(address, pointer, { signal });
      return { anywhere: fragmentQuery(json), here: null };
    },
  });
  const isList = (place: string) => {
    const row = rows.find((each) => each.kind === "value" && each.pointer === place);
    // The root of an unfolded payload has no row, and rows of a table aren't in the tree.
    return row?.kind !== "value" || row.value.kind === "array";
  };
  const open = (q: string) => void navigate({ to: "/", search: { q } });
  if (error !== null) return <p className="px-2 py-1 text-error">{error.message}</p>;
  if (data === undefined) return <p className="px-2 py-1 text-muted">{texts.findRuns.reading}</p>;
  const { anywhere, here } = data;
  if (anywhere === null && here === null) {
    return <p className="max-w-80 px-2 py-1 text-muted">{texts.findRuns.impossible}</p>;
  }
  return (
    <>
      {here !== null && <Choice label={texts.findRuns.here} q={here} onOpen={open} />}
      {anywhere !== null && <Choice label={texts.findRuns.anywhere} q={anywhere} onOpen={open} />}
    </>
  );
}

const NONE: ValueQueries = { anywhere: null, here: null };

interface ChoiceProps {
  label: string;
  q: string;
  onOpen: (q: string) => void;
}

function Choice({ label, q, onOpen }: ChoiceProps) {
  return (
    <MenuItem onSelect={() => onOpen(q)}>
      <span className="flex max-w-110 items-baseline gap-3">
        <span className="w-20 shrink-0">{label}</span>
        <code className="min-w-0 truncate">
          <QueryText text={q} />
        </code>
      </span>
    </MenuItem>
  );
}
