// An editor that records and quits at once: `app.exit(0)` in `before-quit` is `process.exit(0)`.
const { ExecutionLogger } = require("../../dist/src/index.js");

const [python, projectPath, count, warm] = process.argv.slice(2);
ExecutionLogger.configure({ python });
const logger = ExecutionLogger.getInstance();
logger.setProjectPath(projectPath);

function record(number) {
  return {
    id: `run-${number}`,
    workflowId: "w",
    workflowName: "W",
    executionMode: "test",
    status: "success",
    startedAt: new Date().toISOString(),
    trigger: { type: "http", data: { text: "x".repeat(300_000) } },
    nodeExecutions: [],
  };
}

function quit() {
  for (let number = 0; number < Number(count); number += 1) {
    if (!logger.logExecution(record(number))) {
      process.exit(1);
    }
  }
  logger.close();
  process.exit(0);
}

if (warm === "warm") {
  logger.queryExecutions().then(quit);
} else {
  quit();
}
