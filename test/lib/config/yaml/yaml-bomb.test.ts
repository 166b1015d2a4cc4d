import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { workspace } from "../workspace.ts";

const CHILD = fileURLToPath(new URL("yaml-bomb.child.ts", import.meta.url));

const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`);

const BOMBS: Readonly<Record<string, string>> = {
  "alias bomb": `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${levels.join("\n")}\n`,
  "10,000 levels in flow style": `a: ${"[".repeat(10_000)}`,
  "10,000 levels in block style": `a:\n${"- ".repeat(10_000)}x`,
  "100,000 anchors": `a: [${Array.from({ length: 100_000 }, (_, i) => `&${i} 1`).join(",")}]`,
  "50 MB": "a: b\n".repeat(10_000_000),
};

/** S10 of the threats: refused within 500 ms and 50 MiB, never a crash. */
describe("YAML bombs", { timeout: 60_000 }, () => {
  it.each(Object.entries(BOMBS))("%s", async (_, text) => {
    const folder = workspace({ "bomb.yaml": text });
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--import",
      "jiti/register",
      CHILD,
      join(folder, "bomb.yaml"),
    ]);
    const { code, ms, grownMiB } = JSON.parse(stdout) as { code: string; ms: number; grownMiB: number };
    expect(code).toBe("DTV_CONFIG_LIMIT");
    expect(ms).toBeLessThan(500);
    expect(grownMiB).toBeLessThan(50);
  });
});
