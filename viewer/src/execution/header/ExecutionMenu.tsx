import { useNavigate } from "@tanstack/react-router";
import type { Outline } from "@/api";
import { useRemove } from "@/app/removals";
import { formatBytes, formatTrigger } from "@/model/format";
import { listPins } from "@/model/pins";
import { texts } from "@/texts";
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
        <Button look="plain" aria-label={texts.actions.title} className="px-1.5">
          {texts.actions.title}
          <Icon name="down" size={12} />
        </Button>
      }
    >
      {trigger !== undefined && formatTrigger(trigger.type).toLowerCase() === "http" && (
        <MenuItem icon="copy" disabled={trigger.bytes === undefined} onSelect={copies.curl}>
          {texts.actions.curl}
        </MenuItem>
      )}
      <MenuItem icon="copy" onSelect={copies.json}>
        {texts.actions.json}
      </MenuItem>
      <MenuItem icon="copy" disabled={pins.length === 0} onSelect={copies.pins}>
        {texts.actions.pins}
        {pins.length > 0 && <span className="text-muted"> · {formatBytes(pinBytes)}</span>}
      </MenuItem>
      <MenuItem icon="download" onSelect={copies.share}>
        {texts.actions.share}
      </MenuItem>
      <MenuItem icon="download" onSelect={copies.save}>
        {texts.controls.export}
      </MenuItem>
      {(previousSuccessId ?? previousFailedId) !== undefined && <MenuLine />}
      {previousSuccessId !== undefined && (
        <MenuItem icon="left" keys="(" onSelect={() => onOpen(previousSuccessId)}>
          {texts.execution.previousSuccessful}
        </MenuItem>
      )}
      {previousFailedId !== undefined && (
        <MenuItem icon="left" keys="{" onSelect={() => onOpen(previousFailedId)}>
          {texts.execution.previousFailed}
        </MenuItem>
      )}
      {(parentExecutionId ?? retryOf ?? children[0]) !== undefined && <MenuLine />}
      {parentExecutionId !== undefined && (
        <MenuItem icon="up" onSelect={() => open(parentExecutionId)}>
          {texts.actions.openParent}
        </MenuItem>
      )}
      {retryOf !== undefined && (
        <MenuItem icon="retry" onSelect={() => open(retryOf)}>
          {texts.actions.openRepeated}
        </MenuItem>
      )}
      {children.length > 0 && <MenuLabel>{texts.actions.children}</MenuLabel>}
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
        {texts.controls.delete}
      </MenuItem>
    </Menu>
  );
}
