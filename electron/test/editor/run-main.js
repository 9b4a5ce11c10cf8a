// Runs the compiled main.ts.txt with a stand-in for Electron, as an editor's user would: it starts,
// records a run, reads it through the channels, and quits by `app.exit(0)`.
const { EventEmitter } = require("node:events");
const Module = require("node:module");

const [main, projectPath] = process.argv.slice(2);
const channels = new Map();
const ipcMain = {
  handle: (channel, listener) => channels.set(channel, listener),
  removeHandler: (channel) => channels.delete(channel),
};
const invoke = (channel, ...given) => channels.get(channel)({}, ...given);
const exposed = {};
const app = Object.assign(new EventEmitter(), {
  whenReady: () => Promise.resolve(),
  exit: (code) => {
    console.log(`channels left: ${channels.size}`);
    process.exit(code);
  },
});
const electron = {
  app,
  ipcMain,
  ipcRenderer: Object.assign(new EventEmitter(), { invoke }),
  contextBridge: { exposeInMainWorld: (name, api) => Object.assign(exposed, { [name]: api }) },
  BrowserWindow: { getAllWindows: () => [] },
};
const load = Module._load;
Module._load = (name, ...given) => (name === "electron" ? electron : load(name, ...given));

(async () => {
  const { ExecutionLogger } = require("@flightlog/electron");
  const started = new Promise((done) => ipcMain.notify = done);
  const handle = ipcMain.handle;
  ipcMain.handle = (channel, listener) => {
    handle(channel, listener);
    // `main.ts` registers this channel last.
    if (channel === "workflow:get-code-preview") {
      ipcMain.notify();
    }
  };
  const { log, read } = require(main);
  await started;
  const run = {
    id: "a",
    workflowId: "w",
    workflowName: "W",
    executionMode: "test",
    status: "error",
    startedAt: new Date().toISOString(),
    trigger: { type: "http", data: {} },
    nodeExecutions: [],
  };
  console.log("logged:", log(run, projectPath));
  const { execution } = exposed.electronAPI;
  while ((await execution.query({ projectPath })).length === 0);
  const [found, one, stats, deleted] = await read(ExecutionLogger.getInstance());
  console.log("read:", found.length, one.status, stats.errorCount, deleted);
  app.emit("before-quit", { preventDefault: () => undefined });
})();
