import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useClient, type PayloadAddress } from "@/api";
import { formatBytes } from "@/model/format";
import { texts } from "@/texts";
import { Button, ErrorBox, Spinner } from "@/ui";
import { Code } from "./Code";

const CHUNK_BYTES = 256 * 1024;

interface Props {
  address: PayloadAddress;
  version: string;
}

/** A payload's JSON as it was recorded, chunk by chunk. */
export function RawView({ address, version }: Props) {
  const client = useClient();
  const { data, error, fetchNextPage, isFetchingNextPage, refetch } = useInfiniteQuery({
    queryKey: ["payload", address, version, "raw"],
    queryFn: ({ pageParam, signal }) =>
      client.payloadBytes(
        address,
        { first: pageParam, last: pageParam + CHUNK_BYTES - 1 },
        { signal },
      ),
    initialPageParam: 0,
    getNextPageParam: ({ size }, pages) => {
      const read = countBytes(pages);
      return read < size ? read : undefined;
    },
    staleTime: Infinity,
    gcTime: 0,
  });
  const text = useMemo(() => readText(data?.pages ?? []), [data]);
  if (error !== null)
    return <ErrorBox error={error} onRetry={() => void refetch()} className="m-2" />;
  if (data === undefined) {
    return (
      <div className="p-3">
        <Spinner />
      </div>
    );
  }
  const read = countBytes(data.pages);
  const size = data.pages[0]?.size ?? read;
  return (
    <div className="flex h-full flex-col">
      <div className="min-h-0 grow">
        <Code text={text} isJson label={texts.payload.rawJson} />
      </div>
      {read < size && (
        <div className="flex h-8 shrink-0 items-center gap-2 border-t border-line px-3 text-sm text-muted">
          {texts.size.of(formatBytes(read), formatBytes(size))}
          <Button
            className="h-6 text-sm"
            disabled={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            {texts.payload.readOn}
          </Button>
        </div>
      )}
    </div>
  );
}

interface Chunk {
  readonly bytes: ArrayBuffer;
  readonly size: number;
}

function countBytes(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

/**
 * Decode the chunks as text. If a chunk ends within a character, the next chunk completes the
 * character.
 */
function readText(chunks: readonly Chunk[]): string {
  const decoder = new TextDecoder();
  return chunks.map(({ bytes }) => decoder.decode(bytes, { stream: true })).join("");
}
