import { expect, it } from "vitest";
import { loadOptional } from "../../../../lib/storage/object/optional-package.ts";

it("says how a package is installed that is not there", async () => {
  const name: string = "@dativo-test/none";
  await expect(loadOptional(name, "S3", () => import(name))).rejects.toMatchObject({
    code: "DTV_PACKAGE_MISSING",
    message: "S3 needs the package @dativo-test/none, which is not installed",
    hint: "Install it beside Dativo: npm install @dativo-test/none",
  });
});
