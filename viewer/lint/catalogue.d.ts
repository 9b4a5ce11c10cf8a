import type { Rule } from "eslint";

export declare const catalogue: Rule.RuleModule;
