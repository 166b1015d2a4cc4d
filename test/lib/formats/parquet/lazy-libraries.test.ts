import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const FOLDER = fileURLToPath(new URL("../../../../lib/formats", import.meta.url));
/** Importing these costs up to 30 ms each, which a program that touches no file of these formats must not pay. */
const HEAVY = /from "(?:hyparquet|@bokuweb\/zstd-wasm)/;

test("the libraries are imported when they are needed, never with the format", () => {
  const eager = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) =>
      readFileSync(join(FOLDER, name), "utf8")
        .split("\n")
        .filter((line) => HEAVY.test(line) && !line.startsWith("import type "))
        .map((line) => `${name}: ${line}`),
    );
  expect(eager).toEqual([]);
});
