/**
 * Collects the outputs of an execution in the form in which the editor pins them ("copy to
 * canvas").
 */

import type { OutlineNode } from "../api/types";

/** The node whose payload is pinned. */
export interface Pin {
  readonly nodeId: string;
  readonly nodeName: string;
  readonly sequence: number;
  readonly of: "input" | "output";
  readonly bytes: number;
}

/**
 * Return the last output of each node that succeeded, or the node's input if there is no output.
 */
export function listPins(nodes: readonly OutlineNode[]): Pin[] {
  const pins = new Map<string, Pin>();
  for (const node of [...nodes].sort((a, b) => a.sequence - b.sequence)) {
    if (node.status !== "success") continue;
    const of = node.output === undefined ? "input" : "output";
    const info = node[of];
    if (info === undefined) continue;
    const { nodeId, nodeName, sequence } = node;
    pins.set(nodeId, { nodeId, nodeName, sequence, of, bytes: info.bytes });
  }
  return [...pins.values()];
}

/** Write pins as JSON. Payloads stay byte for byte the same. */
export function pinsText(
  workflowId: string,
  pins: readonly (Pin & { readonly text: string })[],
): string {
  const written = pins.map(
    ({ nodeId, nodeName, text }) =>
      `{"nodeId":${JSON.stringify(nodeId)},"nodeName":${JSON.stringify(nodeName)},"data":${text}}`,
  );
  return `{"workflowId":${JSON.stringify(workflowId)},"nodePins":[${written.join(",")}]}`;
}
