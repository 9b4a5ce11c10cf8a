/** Recognizes whether a text is an image, Markdown, or plain text. */

/** An image in a text. */
export interface ImageContent {
  readonly mime: string;
  /** The image's bytes, in base64. */
  readonly base64: string;
}

const DATA_URL = /^data:(image\/(?:png|jpeg|gif|webp|avif|bmp));base64,/i;
const BASE64 = /^[A-Za-z0-9+/\r\n]+={0,2}\s*$/;
/** The first base64 characters that identify an image. SVG is markup and therefore stays a text. */
const SIGNATURES: readonly (readonly [RegExp, string])[] = [
  [/^iVBORw0KGgo/, "image/png"],
  [/^\/9j\/[24]/, "image/jpeg"],
  [/^R0lGODl?[hd]/, "image/gif"],
  [/^UklGR.{6}(?:V0VCUF|XRUJQ|dFQl)/, "image/webp"],
  [/^AAAA.{2}Z0eXBhdmlm/, "image/avif"],
];
const LEAST_IMAGE_CHARACTERS = 64;

/**
 * Recognize an image.
 *
 * @param text A text or its beginning.
 * @param isWhole Whether `text` is complete. The beginning of an image gives only the image's type.
 */
export function imageIn(text: string, isWhole: boolean): ImageContent | null {
  const url = DATA_URL.exec(text);
  const base64 = url === null ? text : text.slice(url[0].length);
  const mime =
    url === null ? SIGNATURES.find(([pattern]) => pattern.test(text))?.[1] : url[1]?.toLowerCase();
  if (mime === undefined) return null;
  if (isWhole && (base64.length < LEAST_IMAGE_CHARACTERS || !BASE64.test(base64))) return null;
  return { mime, base64 };
}

const MARKDOWN: readonly RegExp[] = [
  /^#{1,6} \S/m,
  /^\s{0,3}[-*+] \S.*\n\s{0,3}[-*+] \S/m,
  /^\s{0,3}\d{1,3}[.)] \S.*\n(?:.*\n)*?\s{0,3}\d{1,3}[.)] \S/m,
  /^```[\s\S]*^```/m,
  /\*\*[^\s*](?:[^*\n]*[^\s*])?\*\*/,
  /\[[^\]\n]+\]\([^)\s]+\)/,
  /^\|.*\|\s*\n\|[\s:|-]+\|/m,
  /^> \S/m,
  /`[^`\n]+`/,
];
const MOST_LOOKED_AT = 20_000;

/** Whether a text of several lines contains at least two kinds of Markdown syntax. */
export function isMarkdown(text: string): boolean {
  const part = text.slice(0, MOST_LOOKED_AT);
  if (!part.includes("\n")) return false;
  const found = MARKDOWN.filter((pattern) => pattern.test(part)).length;
  return found >= 2;
}

/** Whether a text is worth unfolding: it has several lines, or is longer than a row. */
export function isLong(text: string, cut: boolean): boolean {
  return cut || text.length > 80 || text.includes("\n");
}
