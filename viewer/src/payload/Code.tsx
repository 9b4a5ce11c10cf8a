import { json } from "@codemirror/lang-json";
import { HighlightStyle, foldGutter, foldKeymap, syntaxHighlighting } from "@codemirror/language";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { texts } from "@/texts";

const LOOK = EditorView.theme({
  "&": { height: "100%", color: "var(--fl-text)", backgroundColor: "var(--fl-canvas)" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", fontSize: "12px", lineHeight: "18px" },
  ".cm-gutters": {
    backgroundColor: "var(--fl-canvas)",
    color: "var(--fl-faint)",
    borderRight: "1px solid var(--fl-line)",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-panels": { backgroundColor: "var(--fl-panel)", color: "var(--fl-text)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": {
    backgroundColor: "var(--fl-chosen) !important",
  },
});
const COLOURS = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.propertyName, color: "var(--fl-muted)" },
    { tag: [tags.punctuation, tags.separator, tags.bracket], color: "var(--fl-faint)" },
  ]),
);

interface Props {
  text: string;
  isJson: boolean;
  label: string;
}

/** A text to read: numbered, searchable, and read-only. */
export function Code({ text, isJson, label }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  useEffect(() => {
    if (parent.current === null) return undefined;
    const made = new EditorView({
      parent: parent.current,
      state: EditorState.create({
        extensions: [
          lineNumbers(),
          drawSelection(),
          EditorView.lineWrapping,
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({
            "aria-label": label,
            "aria-readonly": "true",
            tabindex: "0",
          }),
          EditorState.phrases.of(texts.codePhrases),
          search({ top: true }),
          keymap.of([...searchKeymap, ...foldKeymap]),
          LOOK,
          COLOURS,
          ...(isJson ? [json(), foldGutter()] : []),
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [isJson, label]);
  useEffect(() => {
    const { current } = view;
    const before = current?.state.doc.length ?? 0;
    // Append only, because further pages of a long text change nothing before its end.
    if (current === null || before > text.length) return;
    current.dispatch({ changes: { from: before, insert: text.slice(before) } });
  }, [text, isJson, label]);
  return <div ref={parent} className="h-full min-h-0" />;
}
