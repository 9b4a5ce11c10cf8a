import { Link } from "@tanstack/react-router";
import { texts } from "@/texts";
import { EmptyState } from "@/ui";

export function NotFound() {
  return (
    <EmptyState title={texts.app.notFound}>
      <Link to="/" className="text-accent underline">
        {texts.controls.toExecutions}
      </Link>
    </EmptyState>
  );
}
