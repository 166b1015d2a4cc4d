// What the build takes of hash-wasm.
export { createXXHash64 } from "../node_modules/hash-wasm/dist/xxhash64.umd.min.js";
export { createXXHash128 } from "../node_modules/hash-wasm/dist/xxhash128.umd.min.js";
