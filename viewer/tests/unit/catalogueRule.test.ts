import { Linter } from "eslint";
import { expect, it } from "vitest";
import tseslint from "typescript-eslint";
import { catalogue } from "../../lint/catalogue.js";

const linter = new Linter();

/** Return the texts that the rule finds in a program. */
function findTexts(code: string): string[] {
  const messages = linter.verify(code, {
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { ecmaFeatures: { jsx: true } },
    },
    plugins: { flightlog: { rules: { catalogue } } },
    rules: { "flightlog/catalogue": "error" },
  });
  return messages.map(({ message }) => /“(.*)”/s.exec(message)?.[1] ?? message);
}

it.each([
  ["<p>No runs yet</p>", ["No runs yet"]],
  ['<p>{some ? "first" : texts.b}</p>', ["first"]],
  ["<p>{count} new</p>", ["new"]],
  ["<p>{some && `${count} new`}</p>", ["new"]],
  ['<Button aria-label="Close" />', ["Close"]],
  ['<input placeholder={some ?? "index"} />', ["index"]],
  ['const options = [{ value, label: "production" }];', ["production"]],
  ["toaster.show({ message: `Copied ${what}` });", ["Copied"]],
  ['return some ? "as before" : "";', ["as before"]],
  ["return `${done} of ${total} nodes`;", ["of", "nodes"]],
])("the texts of %s are found", (code, found) => {
  expect(
    findTexts(`function draw() { ${code.startsWith("<") ? `return ${code}` : code} }`),
  ).toEqual(found);
});

it.each([
  ["<p>{texts.list.title}</p>"],
  ["<p>{formatCount(runs)} · {name}</p>"],
  ['<p className="flex items-center" data-testid="a name">{id}</p>'],
  ['<Icon name="down" />'],
  ['throw new Error("Keys need a provider around them.");'],
  ['const fields = "status workflow node".split(" ");'],
  ['row.closest("a, button, input");'],
  ["return `${left} min-w-0 truncate`;"],
  ['type Kind = "first one" | "second one";'],
])("%s holds no text for people", (code) => {
  expect(
    findTexts(`function draw() { ${code.startsWith("<") ? `return ${code}` : code} }`),
  ).toEqual([]);
});
