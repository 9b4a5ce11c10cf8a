import * as app from "./app";
import * as execution from "./execution";
import * as formats from "./formats";
import * as list from "./list";
import * as overview from "./overview";
import * as payload from "./payload";
import * as problems from "./problems";
import * as search from "./search";
import * as settings from "./settings";
import * as shared from "./shared";

/** Every text of the viewer in English, by area. Other languages have the same shape. */
export const english = {
  ...{ ...app, ...execution, ...formats, ...list, ...overview },
  ...{ ...payload, ...problems, ...search, ...settings, ...shared },
};
