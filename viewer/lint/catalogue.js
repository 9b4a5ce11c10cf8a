/**
 * Finds texts for people outside of `src/texts`: in JSX, in attributes and properties that are
 * shown, and anything that reads like a sentence.
 */
const LETTERS = /\p{L}{2,}/u;
/** A word of a sentence, with the signs around it; classes, paths and code have other signs. */
const WORD = /^[("“]?\p{L}[\p{L}'’]*[,.;:!?…)"”]*$/u;
const PLAIN_ATTRIBUTES = new Set([
  ...["className", "id", "key", "type", "role", "href", "to", "rel", "target", "lang"],
  ...["d", "viewBox", "fill", "stroke", "icon", "look", "align", "tone", "shape", "as"],
  ...["side", "kind", "mark", "name", "position", "orientation", "inputMode", "autoComplete"],
  ...["autoCapitalize", "value", "open", "close", "keys", "of", "preload", "strokeLinecap"],
  ...["strokeLinejoin", "activeOptions", "data-testid", "nodeColor", "scope", "enterKeyHint"],
  "preserveAspectRatio",
]);
const COMMAND = /^flightlog [a-z]/;
const SELECTING = new Set(["closest", "matches", "querySelector", "querySelectorAll"]);
const PLAIN_ARIA = /^(?:data-|aria-(?!label$|description$|roledescription$|valuetext$))/;
const SHOWN_PROPERTIES = new Set([
  ...["label", "title", "message", "detail", "hint", "note", "placeholder", "group", "meaning"],
  ...["description", "aria-label", "ariaLabel", "empty", "absent"],
]);

/** Whether a text consists of words as a sentence does. */
function isSentence(text, isPart) {
  if (COMMAND.test(text)) return false;
  const tokens = text.trim().split(/\s+/).filter(Boolean);
  if (!tokens.every((token) => WORD.test(token) || /^[\d–—×·≈]+$/.test(token))) return false;
  const words = tokens.filter((token) => LETTERS.test(token)).length;
  return words >= 2 || (isPart && words === 1 && /\s/.test(text));
}

/** Return the nodes whose values an expression can have: its branches, operands and parts. */
function findValues(node) {
  switch (node?.type) {
    case "Literal":
      return typeof node.value === "string" ? [node] : [];
    case "TemplateLiteral":
      return node.quasis;
    case "ConditionalExpression":
      return [...findValues(node.consequent), ...findValues(node.alternate)];
    case "LogicalExpression":
      return [...findValues(node.left), ...findValues(node.right)];
    case "BinaryExpression":
      return node.operator === "+" ? [...findValues(node.left), ...findValues(node.right)] : [];
    case "ArrayExpression":
      return node.elements.flatMap(findValues);
    case "JSXExpressionContainer":
    case "TSAsExpression":
      return findValues(node.expression);
    default:
      return [];
  }
}

function readText(node) {
  return node.type === "TemplateElement" ? node.value.cooked : node.value;
}

/** Whether a literal is for programs: an error of programming, a type, a list to be split. */
function isForPrograms(node) {
  for (let at = node.parent, from = node; at; from = at, at = at.parent) {
    if (at.type === "ThrowStatement" || at.type.startsWith("TS") || at.type === "ImportDeclaration")
      return true;
    if (at.type === "JSXAttribute") return PLAIN_ATTRIBUTES.has(at.name.name);
    if (at.type === "Property" && at.key === from) return true;
    if (at.type === "Property" && at.key.name === "queryKey") return true;
    if (at.type === "CallExpression" && at.callee.name === "classes") return true;
    if (at.type === "CallExpression" && SELECTING.has(at.callee.property?.name)) return true;
    if (at.type === "MemberExpression" && at.property.name === "split") return true;
    if (/Function|Statement$/.test(at.type)) return false;
  }
  return false;
}

export const catalogue = {
  meta: {
    type: "problem",
    schema: [],
    messages: { literal: "Put “{{text}}” into src/texts, so that it can be translated." },
  },
  create(context) {
    const reported = new Set();
    const report = (node) => {
      if (reported.has(node)) return;
      reported.add(node);
      context.report({ node, messageId: "literal", data: { text: readText(node).trim() } });
    };
    const reportWords = (expression) =>
      findValues(expression)
        .filter((each) => LETTERS.test(readText(each)))
        .forEach(report);
    return {
      JSXText(node) {
        if (LETTERS.test(node.value)) report(node);
      },
      JSXExpressionContainer(node) {
        if (node.parent.type !== "JSXAttribute") reportWords(node);
      },
      JSXAttribute(node) {
        const name = node.name.type === "JSXNamespacedName" ? "" : node.name.name;
        if (PLAIN_ATTRIBUTES.has(name) || PLAIN_ARIA.test(name)) return;
        reportWords(node.value);
      },
      Property(node) {
        const name = node.key.type === "Literal" ? node.key.value : node.key.name;
        if (!node.computed && SHOWN_PROPERTIES.has(name)) reportWords(node.value);
      },
      Literal(node) {
        if (typeof node.value !== "string" || isForPrograms(node)) return;
        if (isSentence(node.value, false)) report(node);
      },
      TemplateElement(node) {
        if (isForPrograms(node)) return;
        const isPart = node.parent.quasis.length > 1;
        if (isSentence(node.value.cooked, isPart)) report(node);
      },
    };
  },
};
