import "./early";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { httpClient, PageAccess } from "@/api";
import { chooseLanguage } from "@/texts";
import { applyTheme, readTheme } from "./theme";
import "./theme.css";
import "./page.css";
import { Page } from "./Page";
import { prepareViewer } from "./prepare";

applyTheme(readTheme());

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no #root.");
const access = new PageAccess();
const [language] = await Promise.all([chooseLanguage(navigator.languages), access.enter()]);
document.documentElement.lang = language;
access.listen();
const client = httpClient("", access);
// A page without access asks for nothing, because a second refusal would replace the reason.
const prepared = await prepareViewer(client, { withRows: access.problem() === null });
createRoot(root).render(
  <StrictMode>
    <Page access={access} client={client} prepared={prepared} />
  </StrictMode>,
);
