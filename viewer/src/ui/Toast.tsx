import { createContext, use, useCallback, useMemo, useState, type ReactNode } from "react";
import { texts } from "@/texts";
import { Button, IconButton } from "./Button";
import { classes } from "./classes";

/** A short message at the edge of the page. */
export interface Toast {
  message: string;
  tone?: "neutral" | "error";
  action?: { label: string; onAction: () => void };
  /** How long the toast stays. If absent, the toast stays until the reader closes it. */
  forMs?: number;
}

interface Toaster {
  /** Show a toast. The returned function removes it. */
  show: (toast: Toast) => () => void;
}

const ToastContext = createContext<Toaster | null>(null);

/** Return the functions that show toasts. */
export function useToast(): Toaster {
  const toaster = use(ToastContext);
  if (toaster === null) throw new Error("useToast needs a ToastProvider around it.");
  return toaster;
}

interface Shown extends Toast {
  id: number;
}

let lastId = 0;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Shown[]>([]);
  const close = useCallback((id: number) => {
    setToasts((before) => before.filter((toast) => toast.id !== id));
  }, []);
  const show = useCallback(
    (toast: Toast) => {
      lastId += 1;
      const id = lastId;
      setToasts((before) => [...before.slice(-2), { ...toast, id }]);
      if (toast.forMs !== undefined) setTimeout(() => close(id), toast.forMs);
      return () => close(id);
    },
    [close],
  );
  const toaster = useMemo(() => ({ show }), [show]);

  return (
    <ToastContext value={toaster}>
      {children}
      <div
        role="status"
        aria-live="polite"
        className="pointer-events-none fixed inset-x-0 bottom-4 z-50 flex flex-col items-center gap-2 px-3"
      >
        {toasts.map((toast) => (
          <ToastCard key={toast.id} toast={toast} onClose={() => close(toast.id)} />
        ))}
      </div>
    </ToastContext>
  );
}

function ToastCard({ toast, onClose }: { toast: Toast; onClose: () => void }) {
  return (
    <div
      className={classes(
        "pointer-events-auto flex max-w-140 items-center gap-2 rounded-md border bg-raised py-1 ps-3 pe-1",
        toast.tone === "error" ? "border-error text-error" : "border-line-strong",
      )}
    >
      <span className="min-w-0 py-0.5 break-words">{toast.message}</span>
      {toast.action !== undefined && (
        <Button
          look="link"
          onClick={() => {
            toast.action?.onAction();
            onClose();
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <IconButton icon="close" label={texts.controls.dismiss} onClick={onClose} />
    </div>
  );
}
