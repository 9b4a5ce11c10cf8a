import { Link } from "@tanstack/react-router";
import { EmptyState } from "@/ui";

export function NotFound() {
  return (
    <EmptyState title="There is no such page">
      <Link to="/" className="text-accent underline">
        To all executions
      </Link>
    </EmptyState>
  );
}
