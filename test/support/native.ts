import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";

const built = join(import.meta.dirname, "..", "..", "rust", "target", "release");
const EXTENSION = process.platform === "darwin" ? ".dylib" : ".so";

/** A library of the Rust workspace, built by `npm run build:native`. */
export function nativeLibrary(name: string): string {
  return join(built, `lib${name}${EXTENSION}`);
}

/** Tests of native code: skipped, with the reason, where nothing was built for lack of a Rust toolchain. */
export function describeNative(name: string, tests: () => void): void {
  if (existsSync(nativeLibrary("abi1_fixture"))) {
    describe(name, tests);
    return;
  }
  const reason = `${name} (skipped: rust/target/release is not built; npm run build:native)`;
  if (process.env["DATIVO_TEST_REQUIRE"] === "all") throw new Error(reason);
  describe.skip(reason, tests);
}
