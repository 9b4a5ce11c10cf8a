import { texts } from "@/texts";
import { Dialog, Kbd } from "@/ui";
import type { KeyBinding } from "./keys";

const SIGNS: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
};

/** Return how a key is written on a keyboard. */
function nameKey(key: string): string {
  const { enter, escape, space } = texts.keys;
  const words: Record<string, string> = { Enter: enter, Escape: escape, " ": space };
  return words[key] ?? SIGNS[key] ?? key;
}

interface Props {
  open: boolean;
  onClose: () => void;
  bindings: readonly KeyBinding[];
}

/** All keys that are in force on the current page. */
export function KeySheet({ open, onClose, bindings }: Props) {
  const groups = new Map<string, KeyBinding[]>();
  bindings
    .filter((binding) => binding.label !== undefined)
    .forEach((binding) => {
      groups.set(binding.group, [...(groups.get(binding.group) ?? []), binding]);
    });
  return (
    <Dialog open={open} onClose={onClose} title={texts.keys.title}>
      <div className="columns-1 gap-8 p-4 sm:columns-2">
        {[...groups].map(([group, keys]) => (
          <section key={group} className="mb-4 break-inside-avoid">
            <h2 className="mb-1 text-muted">{group}</h2>
            <dl>
              {keys.map((binding) => (
                <div key={binding.keys} className="flex items-center justify-between py-0.5">
                  <dt>{binding.label}</dt>
                  <dd className="flex gap-1">
                    {binding.keys.split(/(?<=.) (?=.)/).map((name, index) => (
                      <Kbd key={index}>{nameKey(name)}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
