import { useQuery } from "@tanstack/react-query";
import { useClient, type PayloadAddress } from "@/api";
import { texts } from "@/texts";
import { ErrorBox, Spinner } from "@/ui";
import { Code } from "./Code";

interface Props {
  address: PayloadAddress;
  version: string;
  pointer: string;
  /** The text, if the whole text is loaded; else null. */
  whole: string | null;
}

/** One text within a payload, complete. */
export function RawText({ address, version, pointer, whole }: Props) {
  const client = useClient();
  const { data, error } = useQuery({
    queryKey: ["payload", address, version, pointer, "value"],
    queryFn: ({ signal }) => client.payloadValue(address, pointer, { signal }),
    enabled: whole === null,
    staleTime: Infinity,
    gcTime: 0,
  });
  const text = whole ?? data;
  if (error !== null) return <ErrorBox error={error} className="m-2" />;
  if (text === undefined) {
    return (
      <div className="p-3">
        <Spinner />
      </div>
    );
  }
  return (
    <div className="h-[60vh]">
      <Code text={text} isJson={false} label={texts.payload.rawText} />
    </div>
  );
}
