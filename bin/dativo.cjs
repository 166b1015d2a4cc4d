#!/usr/bin/env node
"use strict";
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const [, , ...words] = process.argv;
if (words.length === 1 && ["--version", "-V"].includes(words[0])) printVersion();
else start();

/** Nothing need be loaded to say this. */
function printVersion() {
  const { version } = require("../package.json");
  process.stdout.write(`dativo ${version} (node ${process.version}, ${process.platform}-${process.arch})\n`);
}

function start() {
  // Must stand before anything loads: libuv reads it once, when its pool starts. Calls into native libraries share the
  // pool with file access, and four threads (the default) would let a few slow calls stall every write.
  process.env.UV_THREADPOOL_SIZE ??= "16";
  // Where data will pass. What only looks need not wait for it.
  const movers = ["run", "pipe", "read", "map", "write", "convert", "count", "head", "stats"];
  if (movers.includes(words[0])) require("./start-native.cjs");
  const entry = join(__dirname, "..", "dist", "lib", "cli", "main.js");
  if (!existsSync(entry)) {
    process.stderr.write("dativo is not built here yet. Run: npm run quickstart   (or: npm ci && npm run build)\n");
    process.exit(2);
  }
  import(require("node:url").pathToFileURL(entry).href).then(({ main }) => main(words));
}
