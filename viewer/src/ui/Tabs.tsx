import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

interface Props<Value extends string> {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  tabs: readonly { value: Value; label: ReactNode }[];
  /** Content at the end of the row. */
  end?: ReactNode;
  /** The chosen tab's content. */
  children: ReactNode;
}

export function Tabs<Value extends string>(props: Props<Value>) {
  const { label, value, onChange, tabs, end, children } = props;
  return (
    <Radix.Root
      value={value}
      onValueChange={(next) => onChange(next as Value)}
      className="flex h-full min-h-0 flex-col"
    >
      <div className="flex h-9 shrink-0 items-stretch border-b border-line px-2">
        <Radix.List aria-label={label} className="flex items-stretch">
          {tabs.map((tab) => (
            <Radix.Trigger
              key={tab.value}
              value={tab.value}
              className="-mb-px border-b-2 border-transparent px-2.5 text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
            >
              {tab.label}
            </Radix.Trigger>
          ))}
        </Radix.List>
        <div className="ms-auto flex items-center gap-1">{end}</div>
      </div>
      <Radix.Content value={value} className="min-h-0 grow overflow-hidden">
        {children}
      </Radix.Content>
    </Radix.Root>
  );
}
