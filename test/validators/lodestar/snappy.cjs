/** Loaded before Lodestar: gives it a `snappy` without native code, for nothing is compiled when it is installed. */
const Module = require("node:module");

const load = Module._load;

/** The form of a function of bytes that has a callback, as the package snappy 6 has beside the plain one. */
const later = (work) => (input, options, callback) => {
  const done = callback ?? options;
  try {
    process.nextTick(done, null, work(input));
  } catch (error) {
    process.nextTick(done, error);
  }
};

Module._load = function (request, ...rest) {
  if (request !== "snappy") return load.call(this, request, ...rest);
  const { compress, uncompress } = load.call(this, "snappyjs", ...rest);
  const [compressSync, uncompressSync] = [compress, uncompress].map((work) => (input) => Buffer.from(work(input)));
  return { compress: later(compressSync), uncompress: later(uncompressSync), compressSync, uncompressSync };
};
