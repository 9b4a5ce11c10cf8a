/** Parses stack traces and folds them to the frames of the user's own code. */

/** A place in code. */
export interface Frame {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  /** The lines of code that the stack shows for this frame. */
  readonly code: readonly string[];
}

/** A part of a stack: text, one own frame, or frames of libraries. */
export type StackPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "frame"; readonly frame: Frame }
  /** Consecutive frames of libraries. */
  | { readonly kind: "library"; readonly frames: readonly Frame[] };

const PYTHON = /^\s*File "(.+)", line (\d+)(?:, in (.+))?$/;
const JAVASCRIPT = /^\s*at (?:(.+?) \()?((?:[a-z]+:\/\/)?[^()\s]+?):(\d+):\d+\)?$/;
const LIBRARY =
  /[\\/](?:site-packages|dist-packages|node_modules)[\\/]|[\\/]lib(?:64)?[\\/]python\d|[\\/]Lib[\\/](?:asyncio|concurrent|importlib|threading)|^<(?:frozen|string|attrs)|^node:/;
const MARKER_LINE = /^\s*[\^~]+\s*$/;

/** Split a stack into parts. Consecutive library frames form one part. */
export function stackParts(stack: string): StackPart[] {
  const parts: StackPart[] = [];
  const lines = stack.replace(/\s+$/, "").split("\n");
  let index = 0;
  for (let line = lines[index]; line !== undefined; line = lines[index]) {
    index += 1;
    const found = parseFrame(line);
    if (found === null) {
      addText(parts, line);
      continue;
    }
    const code: string[] = [];
    for (let next = lines[index]; found.python && isCode(next); next = lines[index]) {
      if (!MARKER_LINE.test(next)) code.push(next.trim());
      index += 1;
    }
    addFrame(parts, { ...found.frame, code });
  }
  return parts;
}

/**
 * Return the user's own frame where the error arose, or the innermost frame if none is the user's
 * own.
 */
export function findPlace(stack: string): Frame | null {
  const parts = stackParts(stack);
  // Python writes the innermost frame last, JavaScript first.
  const ordered = PYTHON_ANYWHERE.test(stack) ? [...parts].reverse() : parts;
  const own = ordered.find((part) => part.kind === "frame");
  if (own?.kind === "frame") return own.frame;
  const library = ordered.find((part) => part.kind === "library");
  if (library?.kind !== "library") return null;
  const { frames } = library;
  return (PYTHON_ANYWHERE.test(stack) ? frames[frames.length - 1] : frames[0]) ?? null;
}

const PYTHON_ANYWHERE = /^\s*File "/m;

/** Shorten a file's path to its last two parts. */
export function shortFile(file: string): string {
  return file.split(/[\\/]/).slice(-2).join("/");
}

/** Whether a file belongs to a library or the language, not to the user. */
export function isLibrary(file: string): boolean {
  return LIBRARY.test(file);
}

function parseFrame(line: string): { frame: Omit<Frame, "code">; python: boolean } | null {
  const python = PYTHON.exec(line);
  if (python !== null) {
    const [, file = "", number = "0", name = ""] = python;
    return { frame: { file, line: Number(number), name }, python: true };
  }
  const script = JAVASCRIPT.exec(line);
  if (script === null) return null;
  const [, name = "", file = "", number = "0"] = script;
  return { frame: { file, line: Number(number), name }, python: false };
}

function isCode(line: string | undefined): line is string {
  return line !== undefined && line.startsWith("    ") && !PYTHON.test(line);
}

function addText(parts: StackPart[], line: string): void {
  const last = parts[parts.length - 1];
  if (last?.kind === "text") parts[parts.length - 1] = { ...last, text: `${last.text}\n${line}` };
  else if (line !== "") parts.push({ kind: "text", text: line });
}

function addFrame(parts: StackPart[], frame: Frame): void {
  const last = parts[parts.length - 1];
  if (!isLibrary(frame.file)) parts.push({ kind: "frame", frame });
  else if (last?.kind !== "library") parts.push({ kind: "library", frames: [frame] });
  else parts[parts.length - 1] = { kind: "library", frames: [...last.frames, frame] };
}
