import { useNavigate } from "@tanstack/react-router";
import type { Outline } from "@/api";
import { useRemove } from "@/app/removals";
import { formatBytes, formatTrigger } from "@/model/format";
import { listPins } from "@/model/pins";
import { Button, Icon, Menu, MenuItem, MenuLabel, MenuLine, StatusMark } from "@/ui";
import { useCopies } from "./useCopies";

const MOST_CHILDREN = 12;

interface Props {
  outline: Outline;
  /** Opens another run of the workflow. */
  onOpen: (id: string) => void;
}

/** The menu of a run's actions. */
export function ExecutionMenu({ outline, onOpen }: Props) {
  const { execution, children, previousSuccessId, previousFailedId } = outline;
  const navigate = useNavigate();
  const remove = useRemove();
  const copies = useCopies(outline);
  const open = (id: string) => void navigate({ to: "/executions/$id", params: { id } });
  const pins = listPins(outline.nodes);
  const pinBytes = pins.reduce((sum, pin) => sum + pin.bytes, 0);
  const { parentExecutionId, retryOf, trigger } = execution;
  return (
    <Menu
      align="end"
      trigger={
        <Button look="plain" aria-label="Actions" className="px-1.5">
          Actions
          <Icon name="down" size={12} />
        </Button>
      }
    >
      {trigger !== undefined && formatTrigger(trigger.type).toLowerCase() === "http" && (
        <MenuItem icon="copy" disabled={trigger.bytes === undefined} onSelect={copies.curl}>
          Copy as cURL
        </MenuItem>
      )}
      <MenuItem icon="copy" onSelect={copies.json}>
        Copy as JSON
      </MenuItem>
      <MenuItem icon="copy" disabled={pins.length === 0} onSelect={copies.pins}>
        Copy all outputs for pinning
        {pins.length > 0 && <span className="text-muted"> · {formatBytes(pinBytes)}</span>}
      </MenuItem>
      <MenuItem icon="download" onSelect={copies.share}>
        Share as one file
      </MenuItem>
      <MenuItem icon="download" onSelect={copies.save}>
        Export
      </MenuItem>
      {(previousSuccessId ?? previousFailedId) !== undefined && <MenuLine />}
      {previousSuccessId !== undefined && (
        <MenuItem icon="left" keys="(" onSelect={() => onOpen(previousSuccessId)}>
          Previous successful run
        </MenuItem>
      )}
      {previousFailedId !== undefined && (
        <MenuItem icon="left" keys="{" onSelect={() => onOpen(previousFailedId)}>
          Previous failed run
        </MenuItem>
      )}
      {(parentExecutionId ?? retryOf ?? children[0]) !== undefined && <MenuLine />}
      {parentExecutionId !== undefined && (
        <MenuItem icon="up" onSelect={() => open(parentExecutionId)}>
          Open the run that started this one
        </MenuItem>
      )}
      {retryOf !== undefined && (
        <MenuItem icon="retry" onSelect={() => open(retryOf)}>
          Open the run that this one repeats
        </MenuItem>
      )}
      {children.length > 0 && <MenuLabel>Sub-workflows</MenuLabel>}
      {children.slice(0, MOST_CHILDREN).map((child) => (
        <MenuItem key={child.id} onSelect={() => open(child.id)}>
          <span className="flex items-center gap-2">
            <StatusMark mark={child.status} />
            {child.workflowName}
          </span>
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem
        icon="trash"
        danger
        onSelect={() => {
          remove([execution.id]);
          void navigate({ to: "/" });
        }}
      >
        Delete
      </MenuItem>
    </Menu>
  );
}
