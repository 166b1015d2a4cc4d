import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { describe, expect, it } from "vitest";
import { NODE, PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "../support/cli.ts";
import { tempFolder, visibleFiles } from "../support/folder.ts";

const root = join(import.meta.dirname, "..", "..");

describe("the package", () => {
  it("is well-formed", async () => {
    const { messages } = await publint({ pkgDir: root, strict: true });
    expect(messages).toEqual([]);
  });

  it("packs what it needs and nothing else", () => {
    const [{ files }] = JSON.parse(
      execFileSync("npm", ["pack", "--dry-run", "--json"], {
        cwd: root,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }),
    ) as [{ files: { path: string }[] }];
    const folders = new Set(files.map(({ path }) => path.split("/")[0]));
    expect([...folders].sort()).toEqual([
      "LICENSE",
      "README.md",
      "bin",
      "connectors",
      "dist",
      "package.json",
      "registry",
    ]);
  });

  it("installs without scripts into an empty folder and works there, as a command and as a module", () => {
    const folder = tempFolder();
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
    const npm = (...args: string[]): void => {
      execFileSync("npm", args, { cwd: folder, env, stdio: "pipe" });
    };
    execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root, stdio: "pipe" });
    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) as string;
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    npm("install", "--ignore-scripts", "--no-audit", "--no-fund", tarball);
    mkdirSync(join(folder, "work"));
    const files = { "people.csv": PEOPLE_CSV, "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob() };
    writeFiles(folder, files);
    const run = spawnSync("npx", ["dativo-ingest", "run", "--config", "job.yaml"], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    expect([run.status, run.stderr]).toEqual([0, expect.stringContaining("committed 3 records")]);
    expect(visibleFiles(join(folder, "lake/people"))).toHaveLength(1);
    const program =
      'import { readCsv } from "dativo-ingest"; import { crashSweep, deathsBy } from "dativo-ingest/testing"; for await (const batch of readCsv("people.csv")) console.log(batch.length);';
    const sweep = `import { writeFileSync } from "node:fs";
      const prepare = (folder) => { for (const [name, text] of ${JSON.stringify(Object.entries(files))}) writeFileSync(folder + "/" + name, text); };
      const deaths = deathsBy("kill").slice(-1);
      const { matrix } = await crashSweep({ prepare, readTarget: () => [], deaths });
      console.log(matrix.split("\\n")[1]);`;
    const said = execFileSync(NODE, ["--input-type=module", "-e", program + sweep], { cwd: folder, encoding: "utf8" });
    expect(said).toBe("3\nkill  .  K29 of K16\n");
  }, 180_000);
});
