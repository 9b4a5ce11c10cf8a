import { useEffect, useRef, useState } from "react";
import { useClient, type TriggerFacts } from "@/api";

const SETTLE_MS = 80;
const MOST_KEPT = 5000;

/** Facts by execution; null for an execution that has none. */
export type KnownFacts = ReadonlyMap<string, TriggerFacts | null>;

const NOTHING: KnownFacts = new Map();

/** Load the facts of triggers for the rows in view, after the list itself. */
export function useTriggerFacts(ids: readonly string[]): KnownFacts {
  const client = useClient();
  const [facts, setFacts] = useState<KnownFacts>(NOTHING);
  const asked = useRef(new Set<string>());
  const key = ids.join(" ");
  useEffect(() => {
    const wanted = key.split(" ").filter((id) => id !== "" && !asked.current.has(id));
    if (wanted.length === 0) return;
    const timer = setTimeout(() => {
      wanted.forEach((id) => asked.current.add(id));
      client
        .triggers(wanted)
        .then((found) => {
          const byId = new Map(found.map((each) => [each.id, each]));
          setFacts((before) => {
            const kept = before.size > MOST_KEPT ? NOTHING : before;
            return new Map([...kept, ...wanted.map((id) => [id, byId.get(id) ?? null] as const)]);
          });
        })
        // Without facts, the rows show less. The list reports a lost connection by itself.
        .catch(() => wanted.forEach((id) => asked.current.delete(id)));
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [client, key]);
  return facts;
}
