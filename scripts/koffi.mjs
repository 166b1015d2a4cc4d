// koffi as `require` gives it, which bin/start-native.cjs has loaded already: `import` would load its code once more.
import { createRequire } from "node:module";

// biome-ignore lint/style/noDefaultExport: koffi has one.
export default createRequire(import.meta.url)("koffi");
