import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeC } from "../support/c-compiler.ts";
import { tempFolder } from "../support/folder.ts";
import { markedLibrary } from "../support/marked-library.ts";
import { swapLibrary, swapScript } from "../support/swap-plugins.ts";

const TIMES = 1000;

describeC("a plugin that is swapped a thousand times while it is loaded", () => {
  const mark = join(tmpdir(), `dativo-test-theirs-${process.pid}`);
  const libraries = [markedLibrary("/dev/null"), markedLibrary(mark)] as const;

  it.each(["entry", "import"] as const)(
    "is never somebody else's: %s of a script",
    async (part) => {
      const { loaded, refused, foreign } = await swapScript(tempFolder(), part, TIMES);
      expect([foreign, loaded + refused]).toEqual([0, TIMES]);
    },
    120_000,
  );

  it("is never somebody else's: library", async () => {
    const { loaded, refused, foreign } = await swapLibrary(tempFolder(), { libraries, mark }, TIMES);
    expect([foreign, loaded + refused]).toEqual([0, TIMES]);
  }, 120_000);
});
