import { texts } from "@/texts";
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
      aria-label={texts.selection.toolbar}
      className="flex h-9 shrink-0 items-center gap-2 overflow-x-auto border-b border-line bg-chosen px-2"
    >
      <IconButton
        icon="close"
        label={texts.selection.none}
        keys={texts.keys.escape}
        onClick={onClear}
      />
      <span role="status" className="shrink-0 font-semibold">
        {texts.selection.count(count)}
      </span>
      {count < loaded && (
        <Button look="link" onClick={onAll}>
          {texts.selection.all(loaded)}
        </Button>
      )}
      <span className="grow" />
      <Button icon="star" onClick={onStar}>
        {texts.controls.star}
      </Button>
      <Button icon="download" onClick={onExport}>
        {texts.controls.export}
      </Button>
      <Button icon="trash" look="danger" onClick={onDelete}>
        {texts.controls.delete}
      </Button>
    </div>
  );
}
