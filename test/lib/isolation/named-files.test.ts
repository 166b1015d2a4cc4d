import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NamedFiles } from "../../../lib/isolation/named-files.ts";
import { ServedStorage } from "../../../lib/isolation/served-storage.ts";
import { LocalStorage } from "../../../lib/storage/local.ts";
import { tempFolder } from "../../support/folder.ts";

/** A folder `in`, which is named, beside a file that is not, to which a link in the folder leads. */
function served(named: readonly string[], isHeld: boolean): (pattern: string) => Promise<string> {
  const cwd = tempFolder();
  mkdirSync(join(cwd, "in"));
  writeFileSync(join(cwd, "in/a.csv"), "a");
  writeFileSync(join(cwd, "secret.csv"), "secret");
  symlinkSync("../secret.csv", join(cwd, "in/link.csv"));
  const storage = new ServedStorage(new LocalStorage(cwd), new NamedFiles(named, [], cwd, { isHeld }));
  return async (pattern) => {
    const { files } = (await storage.answer("find", { pattern }, Buffer.alloc(0))).header;
    const { path } = (files as { path: string }[]).at(-1) as { path: string };
    return String((await storage.answer("open", { path }, Buffer.alloc(0))).header["path"]);
  };
}

describe.each([true, false])("files that a configuration names, for a plugin that is held: %s", (isHeld) => {
  it("are not those that a pattern of the plugin leads to from there", async () => {
    const find = served(["in"], isHeld);
    expect(await find("in/a*.csv")).toBe("in/a.csv");
    await expect(find("in/{a.csv,../secret.csv}")).rejects.toThrow();
    for (const pattern of ["in/l*.csv", "in/link.csv", "in/../secret.csv"]) {
      await expect(find(pattern)).rejects.toMatchObject({ code: "DTV_SOURCE_UNREADABLE" });
    }
  });

  it("are those that a link leads to, which a pattern of the configuration has found, unless it is", async () => {
    const find = served(["in/*.csv"], isHeld);
    if (isHeld) await expect(find("in/*.csv")).rejects.toMatchObject({ code: "DTV_SOURCE_UNREADABLE" });
    else expect(await find("in/*.csv")).toBe("in/link.csv");
  });
});
