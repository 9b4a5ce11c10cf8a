import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { httpClient } from "@/api";
import { applyTheme, readTheme } from "./theme";
import "./theme.css";
import "./page.css";
import { Viewer } from "./Viewer";

applyTheme(readTheme());

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no #root.");
createRoot(root).render(
  <StrictMode>
    <Viewer client={httpClient()} />
  </StrictMode>,
);
