/** Runs a program that is not Node's, and kills it when whoever started this is gone: `node keeper.cjs PROGRAM ARG...` */
const { spawn } = require("node:child_process");

const [program, ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
child.once("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(127);
});
child.once("exit", (code) => process.exit(code ?? 1));
process.once("exit", () => child.kill("SIGKILL"));
process.stdin.on("end", () => process.exit(1)).resume();
