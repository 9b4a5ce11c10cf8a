import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { texts } from "@/texts";
import "./markdown.css";

const PLUGINS = [remarkGfm];

/**
 * Nothing in a payload is fetched: pictures are described in words, and links are followed only by
 * a click.
 */
const COMPONENTS: Components = {
  // Headings of a text are below the headings of the page, whatever their own level.
  h1: ({ children }) => <h1 aria-level={3}>{children}</h1>,
  h2: ({ children }) => <h2 aria-level={3}>{children}</h2>,
  img: ({ alt, src }) => (
    <span className="text-muted">
      {texts.valueText.picture(alt === undefined || alt === "" ? String(src) : alt)}
    </span>
  ),
  a: ({ href, children }) =>
    href === undefined || href === "" ? (
      children
    ) : (
      <a href={href} title={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    ),
  input: ({ checked }) => <span>{checked === true ? "☑" : "☐"}</span>,
};

/** Rendered Markdown. HTML within the Markdown stays text. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="fl-markdown">
      <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={webAddress}>
        {text}
      </ReactMarkdown>
    </div>
  );
}

function webAddress(url: string): string {
  return /^(?:https?:\/\/|mailto:)/i.test(url) ? url : "";
}
