import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "test/editor"] },
  ...tseslint.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    rules: {
      // A number or an error in a message is meant to be its text.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["test/**"],
    rules: {
      // node:test runs what these promise.
      "@typescript-eslint/no-floating-promises": "off",
    },
  },
);
