import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../../lib/storage/object/open-store.ts";
import { dativo, writeFiles } from "../../support/cli.ts";
import { tempFolder } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";
import { environmentOf } from "../../support/object-client.ts";
import { describeObjectServer } from "../../support/object-servers.ts";

const LINES = Array.from({ length: 5000 }, (_, i) => `${i},name ${i},${i % 7 === 0 ? "" : i / 4}`);
const NOT_NATIVELY = "is not decoded natively";

describeNative("Parquet files of a bucket", () => {
  describeObjectServer("versitygw", "of S3", (server) => {
    it("are decoded by the library, from a copy, and without one where there is no room for it", async () => {
      const settings = await server.makeBucket();
      const store = await openStore(settings);
      const cwd = tempFolder();
      const run = (args: readonly string[], env = {}) =>
        dativo(args, { cwd, env: { ...environmentOf(settings), TMPDIR: cwd, ...env } });
      writeFiles(cwd, { "people.csv": `id,name,score\n${LINES.join("\n")}\n` });
      expect(run(["convert", "people.csv", "people.parquet"]).code).toBe(0);
      await store.put("people.parquet", readFileSync(join(cwd, "people.parquet")));
      const expected = run(["convert", "people.parquet", "here.jsonl"]);
      expect(expected.code).toBe(0);
      for (const [out, env, isCopied] of [
        ["copied.jsonl", {}, true],
        ["read.jsonl", { TMPDIR: "/dev/shm" }, process.platform !== "linux"],
      ] as const) {
        const done = run(["convert", `${store.uri}/people.parquet`, out, "--verbose"], env);
        expect([done.code, done.stderr.includes(NOT_NATIVELY)], done.stderr).toEqual([0, !isCopied]);
        expect(readFileSync(join(cwd, out), "utf8")).toBe(readFileSync(join(cwd, "here.jsonl"), "utf8"));
      }
    });
  });
});
