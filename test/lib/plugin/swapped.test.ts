import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeC } from "../../support/c-compiler.ts";
import { tempFolder } from "../../support/folder.ts";
import { markedLibrary } from "../../support/marked-library.ts";
import { swapLibrary, swapScript } from "../../support/swap-plugins.ts";

const TIMES = 150;

describe("a script that is swapped while it is loaded", () => {
  it.each(["entry", "import"] as const)("runs as it was pinned or not at all: %s", async (part) => {
    const { loaded, refused, foreign } = await swapScript(tempFolder(), part, TIMES);
    expect(foreign).toBe(0);
    expect([loaded > 0, refused > 0, loaded + refused]).toEqual([true, true, TIMES]);
  });
});

describeC("a library that is swapped while it is loaded", () => {
  const mark = join(tmpdir(), `dativo-test-theirs-${process.pid}`);
  const libraries = [markedLibrary("/dev/null"), markedLibrary(mark)] as const;

  it("is opened as it was pinned or not at all", async () => {
    const { loaded, refused, foreign } = await swapLibrary(tempFolder(), { libraries, mark }, TIMES);
    expect(foreign).toBe(0);
    expect([loaded > 0, refused > 0, loaded + refused]).toEqual([true, true, TIMES]);
  });
});
