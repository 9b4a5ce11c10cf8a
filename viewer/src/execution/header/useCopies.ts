import { asProblem, useClient, type Outline } from "@/api";
import { curlCommand } from "@/model/curl";
import { parseExact } from "@/model/exactJson";
import { formatBytes } from "@/model/format";
import { listPins, pinsText } from "@/model/pins";
import { texts } from "@/texts";
import { saveFile, useCopy, useToast } from "@/ui";

/** A clipboard accepts more, but programs paste such large texts badly. */
const MOST_COPIED_BYTES = 32_000_000;
const NOTES_SHOWN_MS = 8000;

/** Return the ways to copy a run. Each way reports what was copied, or why copying failed. */
export function useCopies(outline: Outline) {
  const client = useClient();
  const copy = useCopy();
  const toaster = useToast();
  const { execution, nodes } = outline;
  const trying = (work: () => Promise<void>) => () => {
    work().catch((error: unknown) =>
      toaster.show({ tone: "error", message: asProblem(error).detail }),
    );
  };
  const isTooLarge = (bytes: number, describe: (size: string) => string) => {
    if (bytes <= MOST_COPIED_BYTES) return false;
    toaster.show({ tone: "error", message: describe(formatBytes(bytes)) });
    return true;
  };

  return {
    curl: trying(async () => {
      if (isTooLarge(execution.trigger?.bytes ?? 0, texts.actions.tooLargeTrigger)) return;
      const command = client
        .payloadText({ executionId: execution.id, of: "trigger" })
        .then((text) => curlCommand(parseExact(text)));
      await copy(
        command.then(({ text }) => text),
        texts.actions.theCurl,
      );
      for (const message of (await command).notes) toaster.show({ message, forMs: NOTES_SHOWN_MS });
    }),
    json: trying(async () => {
      const bytes = nodes.reduce(
        (sum, node) => sum + (node.input?.bytes ?? 0) + (node.output?.bytes ?? 0),
        execution.trigger?.bytes ?? 0,
      );
      if (isTooLarge(bytes, texts.actions.tooLargeRun)) return;
      await copy(client.executionText(execution.id), texts.actions.theJson);
    }),
    pins: trying(async () => {
      const pins = listPins(nodes);
      const bytes = pins.reduce((sum, pin) => sum + pin.bytes, 0);
      if (isTooLarge(bytes, texts.actions.tooLargeRun)) return;
      const outputs = Promise.all(
        pins.map(async (pin) => {
          const { sequence, nodeId, of } = pin;
          const address = { executionId: execution.id, of, sequence, nodeId };
          const text = await client.payloadText(address);
          return { ...pin, text };
        }),
      );
      await copy(
        outputs.then((loaded) => pinsText(execution.workflowId, loaded)),
        texts.actions.theOutputs(pins.length),
      );
    }),
    share: trying(async () => {
      const page = await client.sharedPage(execution.id);
      // As the receiver names the file.
      const name = execution.id.replace(/[^A-Za-z0-9._-]+/g, "_").slice(0, 80);
      saveFile(page, `flightlog-${name}.html`);
      toaster.show({
        message: texts.actions.saved(formatBytes(page.size)),
        forMs: NOTES_SHOWN_MS,
      });
    }),
    save: trying(async () => {
      saveFile(await client.exportExecutions([execution.id]), `${execution.id}.ndjson`);
    }),
  };
}
