import "./early";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { PageAccess } from "@/api";
import { chooseLanguage } from "@/texts";
import { applyTheme, readTheme } from "./theme";
import "./theme.css";
import "./page.css";
import { Page } from "./Page";

applyTheme(readTheme());

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no #root.");
const access = new PageAccess();
const [language] = await Promise.all([chooseLanguage(navigator.languages), access.enter()]);
document.documentElement.lang = language;
access.listen();
createRoot(root).render(
  <StrictMode>
    <Page access={access} />
  </StrictMode>,
);
