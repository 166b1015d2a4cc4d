import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dativo, writeFiles } from "../../support/cli.ts";
import { tempFolder } from "../../support/folder.ts";

const root = join(import.meta.dirname, "..", "..", "..");

const READER = `import { BaseReader } from "dativo-ingest";
export class Good extends BaseReader {
  *extract(state) {
    for (let at = state?.position ?? 0; at < 3; at++) yield { batch: [{ at }], position: at + 1 };
  }
}
export class Forgetful extends BaseReader {
  *extract() { for (let at = 0; at < 3; at++) yield { batch: [{ at }], position: at + 1 }; }
}
export class Telling extends BaseReader {
  *extract() { throw new Error("401 for " + this.sourceConfig.credentials.token); }
}
export class Waiting extends BaseReader {
  async *extract() { yield [{ at: 0 }]; await new Promise(() => {}); }
}
export class Nothing {}
`;

function folder(): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "p.mjs": READER, "source.yaml": 'credentials: { token: "${TOKEN}" }\n' });
  return cwd;
}

describe("dativo plugin check", () => {
  it("prints a line for each behaviour of a reader, with what does not apply and why", () => {
    const { code, stdout, stderr } = dativo(["plugin", "check", "p.mjs:Good"], { cwd: folder() });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^p\.mjs:Good is a reader\n/);
    expect(stdout).toMatch(/^ok +resumes from every position it gives/m);
    expect(stdout).toMatch(/^n\/a +answers discover\(\).* it has no discover\(\)$/m);
    expect(stdout).toContain("11 hold, 0 failed, 3 not applicable");
  });

  it("takes the one player of a module that no class is named of, and else asks which", () => {
    const one = READER.split("export class Forgetful")[0];
    const cwd = folder();
    writeFiles(cwd, {
      "one.mjs": `${one}export { Good as default, Good as Other };`,
      "none.mjs": "export const a = 1;",
    });
    const { code, stdout } = dativo(["plugin", "check", "one.mjs"], { cwd });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^one\.mjs:(Good|Other) is a reader\n/)]);
    const several = dativo(["plugin", "check", "p.mjs"], { cwd });
    expect([several.code, several.stderr]).toEqual([
      2,
      expect.stringMatching(/DTV_PLUGIN_CLASS .* exports 4 of them: .*Forgetful.*\n.*Name one of them: p\.mjs:\w+/),
    ]);
    const none = dativo(["plugin", "check", "none.mjs"], { cwd });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("exports no reader, writer or transform")]);
  });

  it("ends with 2 and says what is wrong when one does not hold; as JSON too", () => {
    const cwd = folder();
    const { code, stdout } = dativo(["plugin", "check", "p.mjs:Forgetful"], { cwd });
    expect([code, stdout]).toEqual([2, expect.stringMatching(/^FAILED +resumes from every position .*rows after/m)]);
    const told = JSON.parse(dativo(["plugin", "check", "p.mjs:Forgetful", "--json"], { cwd }).stdout);
    expect(told).toMatchObject({ plugin: "p.mjs:Forgetful", kind: "reader", failed: 1 });
    expect(told.behaviours).toContainEqual({
      behaviour: "resumes from every position it gives, without loss and without repeat",
      status: "failed",
      reason: expect.stringContaining('expected [{"at":1},{"at":2}], got [{"at":0}'),
    });
  });

  it("takes the source section of a job from a file, and never prints what is secret in it", () => {
    const env = { TOKEN: "canary-77-token" };
    const run = dativo(["plugin", "check", "p.mjs:Telling", "--source", "source.yaml"], { cwd: folder(), env });
    expect(run.code).toBe(2);
    expect(run.stdout).toContain("401 for ***");
    expect(run.stdout + run.stderr).not.toContain(env.TOKEN);
  });

  it("does not wait for ever", () => {
    const run = dativo(["plugin", "check", "p.mjs:Waiting", "--timeout", "1s"], { cwd: folder() });
    expect([run.code, run.stdout]).toEqual([2, expect.stringMatching(/^FAILED .*it did not end within 1 s$/m)]);
  });

  it.each([
    ["p.mjs:Nothing", [], "is no reader, writer or transform"],
    ["p.mjs:Gone", [], "Class 'Gone' not found in module"],
    ["q.mjs:Gone", [], "Plugin module not found: q.mjs"],
    ["p.mjs:Good", ["--source", "nowhere.yaml"], "the file does not exist"],
    ["p.mjs:Good", ["--source", "p.mjs"], "DTV_CONFIG_INVALID"],
  ])("refuses %s %j", (path, flags, message) => {
    const { code, stderr } = dativo(["plugin", "check", path, ...flags], { cwd: folder() });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("gives a writer of files a folder of its own, and records of the job's contract", () => {
    const args = ["plugin", "check", "examples/plugins/html-table-writer.ts:HtmlTableWriter"];
    const { code, stdout } = dativo([...args, "--config", "examples/plugins/job.yaml"], { cwd: root });
    expect([code, stdout]).toEqual([0, expect.stringContaining(" is a writer")]);
    expect(stdout).toMatch(/^ok +leaves nothing behind when the source fails$/m);
  });

  it("gives a transform the options of the job, or its own", () => {
    const cwd = folder();
    writeFiles(cwd, {
      "t.mjs": `import { BaseTransform } from "dativo-ingest";
        export class Needy extends BaseTransform { apply(batch) { if (!this.options.of) throw new Error("no option"); return batch; } }`,
    });
    expect(dativo(["plugin", "check", "t.mjs:Needy"], { cwd }).code).toBe(2);
    const given = dativo(["plugin", "check", "t.mjs:Needy", "--options", '{"of":"id"}'], { cwd });
    expect([given.code, given.stdout]).toEqual([0, expect.stringContaining("is a transform")]);
    expect(dativo(["plugin", "check", "t.mjs:Needy", "--options", "{"], { cwd }).stderr).toContain("is no JSON");
  });
});
