/** Loaded first in a process of the bed, to end it when whoever started it is gone, however that ended. */
const { isMainThread } = require("node:worker_threads");

// The other end of standard input closes with the process that holds it.
if (isMainThread) process.stdin.on("end", () => process.kill(process.pid, "SIGKILL")).resume();
