"use strict";
// What must be said to native code before anything else is.
//
// glibc gives each thread of the pool a heap of its own, and each keeps what it once had: with one heap for all a load of
// a wide table takes about 285 MiB instead of 360, at the same speed (measured). A thread that has its heap keeps it, so this
// comes before the pool starts. koffi takes its settings, which are those of lib/native/library.ts, before its first call.
const M_ARENA_MAX = -8; // malloc.h
const F_SETPIPE_SZ = 1031; // linux/fcntl.h
const PIPE_BYTES = 1024 * 1024; // what every user may have, /proc/sys/fs/pipe-max-size

if (process.platform === "linux" && process.env.DATIVO_NATIVE !== "off") {
  const koffi = require("koffi");
  koffi.config({ async_stack_size: 8 * 1024 * 1024, resident_async_pools: 32 });
  try {
    const libc = koffi.load(null);
    libc.func("int mallopt(int, int)")(M_ARENA_MAX, 1);
    // A pipe holds 64 KiB, and whoever fills it waits for whoever empties it. What is no pipe refuses, which is as well.
    const fcntl = libc.func("int fcntl(int, int, int)");
    for (const descriptor of [0, 1]) fcntl(descriptor, F_SETPIPE_SZ, PIPE_BYTES);
  } catch {
    // Another C library, without such heaps.
  }
}
