import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { useClient } from "@/api";
import { imageIn } from "@/model/content";
import { formatCount } from "@/model/format";
import { texts } from "@/texts";
import { ErrorBox, Spinner } from "@/ui";
import type { BlockProps } from "./blockProps";

/**
 * An image that a text holds. The image is drawn from a blob of its bytes, so no part of the text
 * becomes markup.
 */
export function ImageBlock({ address, version, pointer, text, isCut }: BlockProps) {
  const client = useClient();
  const { data, error } = useQuery({
    queryKey: ["payload", address, version, pointer, "value"],
    queryFn: ({ signal }) => client.payloadValue(address, pointer, { signal }),
    enabled: isCut,
    staleTime: Infinity,
  });
  const whole = isCut ? data : text;
  if (error !== null) return <ErrorBox error={error} className="m-2 font-sans" />;
  if (whole === undefined) {
    return (
      <div className="p-2">
        <Spinner />
      </div>
    );
  }
  return <Picture text={whole} />;
}

function Picture({ text }: { text: string }) {
  const blob = useMemo(() => makeBlob(text), [text]);
  const draw = useCallback(
    (image: HTMLImageElement | null) => {
      if (image === null || blob === null) return undefined;
      const url = URL.createObjectURL(blob);
      image.src = url;
      return () => URL.revokeObjectURL(url);
    },
    [blob],
  );
  const [size, setSize] = useState<string | null>(null);
  const [isBroken, setBroken] = useState(blob === null);
  return (
    <figure className="ms-4 me-2 mb-1 w-fit max-w-full rounded-md border border-line bg-canvas p-2">
      {isBroken ? (
        <p className="font-sans text-muted">{texts.valueText.noImage}</p>
      ) : (
        <img
          ref={draw}
          alt={blob === null ? "" : texts.valueText.image(blob.type)}
          className="max-h-80 object-contain"
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
            setSize(`${formatCount(naturalWidth)} × ${formatCount(naturalHeight)}`)
          }
          onError={() => setBroken(true)}
        />
      )}
      <figcaption className="pt-1 font-sans text-xs text-muted">{size ?? blob?.type}</figcaption>
    </figure>
  );
}

function makeBlob(text: string): Blob | null {
  const image = imageIn(text, true);
  if (image === null) return null;
  try {
    const characters = atob(image.base64);
    const bytes = Uint8Array.from(characters, (character) => character.charCodeAt(0));
    return new Blob([bytes], { type: image.mime });
  } catch {
    return null;
  }
}
