#!/usr/bin/env node
"use strict";
// Must stand before anything loads: libuv reads it once, when its pool starts. Calls into native libraries share the
// pool with file access, and four threads (the default) would let a few slow calls stall every write.
process.env.UV_THREADPOOL_SIZE ??= "16";

// Where data will pass. What only looks need not wait for it.
if (process.argv[2] === "run") require("./start-native.cjs");

const { existsSync } = require("node:fs");
const { join } = require("node:path");

const entry = join(__dirname, "..", "dist", "lib", "cli", "main.js");
if (!existsSync(entry)) {
  process.stderr.write("dativo is not built here yet. Run: npm run quickstart   (or: npm ci && npm run build)\n");
  process.exit(2);
}
import(require("node:url").pathToFileURL(entry).href).then(({ main }) => main(process.argv.slice(2)));
