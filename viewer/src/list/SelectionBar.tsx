import { formatCount } from "@/model/format";
import { Button, IconButton } from "@/ui";

interface Props {
  count: number;
  loaded: number;
  onAll: () => void;
  onStar: () => void;
  onExport: () => void;
  onDelete: () => void;
  onClear: () => void;
}

/** The actions for the selected executions, in place of the filters. */
export function SelectionBar(props: Props) {
  const { count, loaded, onAll, onStar, onExport, onDelete, onClear } = props;
  return (
    <div
      role="toolbar"
      aria-label="Selected executions"
      className="flex h-9 shrink-0 items-center gap-2 overflow-x-auto border-b border-line bg-chosen px-2"
    >
      <IconButton icon="close" label="Select nothing" keys="Esc" onClick={onClear} />
      <span role="status" className="shrink-0 font-semibold">
        {formatCount(count)} selected
      </span>
      {count < loaded && (
        <Button look="link" onClick={onAll}>
          Select all {formatCount(loaded)} loaded
        </Button>
      )}
      <span className="grow" />
      <Button icon="star" onClick={onStar}>
        Star
      </Button>
      <Button icon="download" onClick={onExport}>
        Export
      </Button>
      <Button icon="trash" look="danger" onClick={onDelete}>
        Delete
      </Button>
    </div>
  );
}
