import { useQuery } from "@tanstack/react-query";
import { useClient } from "@/api";
import { PageMain } from "@/app/PageMain";
import { TopBar } from "@/app/TopBar";
import { Section } from "@/overview/Section";
import { texts } from "@/texts";
import { Growth } from "./Growth";
import { Limits } from "./Limits";
import { NextRemovals } from "./NextRemovals";
import { Parts } from "./Parts";
import { ProtectedWarning } from "./ProtectedWarning";
import { WorkflowSpaceTable } from "./WorkflowSpaceTable";

const REFRESH_MS = 20_000;

/** The limits of the history, what takes its space, and what goes next. */
export function SettingsPage() {
  const client = useClient();
  const query = useQuery({
    queryKey: ["space"],
    queryFn: ({ signal }) => client.space({ signal }),
    refetchInterval: REFRESH_MS,
  });
  const isEmpty = () => false;
  return (
    <>
      <TopBar />
      <PageMain>
        <div className="min-h-0 grow overflow-auto">
          <h1 className="sr-only">{texts.settings.title}</h1>
          <div className="mx-auto grid max-w-320 grid-cols-1 gap-3 p-3 lg:grid-cols-2">
            {query.data !== undefined && <ProtectedWarning report={query.data} />}
            <Section
              title={texts.settings.space}
              query={query}
              isEmpty={isEmpty}
              className="lg:col-span-2"
            >
              {(report) => <Parts report={report} />}
            </Section>
            <Section
              title={texts.settings.growth}
              note={texts.settings.growthNote}
              query={query}
              isEmpty={isEmpty}
            >
              {(report) => <Growth space={report.space} />}
            </Section>
            <Section
              title={texts.settings.limits}
              note={texts.settings.limitsNote}
              query={query}
              isEmpty={isEmpty}
            >
              {(report) => <Limits report={report} />}
            </Section>
            <Section title={texts.settings.next} query={query} isEmpty={isEmpty}>
              {(report) => <NextRemovals report={report} />}
            </Section>
            <Section
              title={texts.settings.byWorkflow}
              note={texts.settings.byWorkflowNote}
              query={query}
              isEmpty={isEmpty}
            >
              {(report) => <WorkflowSpaceTable workflows={report.space.workflows} />}
            </Section>
          </div>
        </div>
      </PageMain>
    </>
  );
}
