import { describe, expect, it } from "vitest";
import { dativo, type Finished, smallJob, writeFiles } from "../../support/cli.ts";
import { tempFolder } from "../../support/folder.ts";

const HEADER = "id,at\n";

function jobFolder(incremental: Readonly<Record<string, unknown>> = {}): string {
  const cwd = tempFolder();
  const asset = {
    name: "people",
    version: "1.0.0",
    schema: [
      { name: "id", type: "integer", primary_key: true },
      { name: "at", type: "timestamptz" },
    ],
  };
  const source = {
    files: [{ path: "*.csv" }],
    incremental: { strategy: "updated_at", cursor_field: "at", lookback_days: 1, ...incremental },
  };
  writeFiles(cwd, {
    "people.yaml": JSON.stringify(asset),
    "job.yaml": smallJob({ target_connector: "csv", source }),
    "a.csv": `${HEADER}1,2026-03-01T10:00:00Z\n2,2026-03-02T10:00:00Z\n`,
  });
  return cwd;
}

const tell = (cwd: string, ...args: string[]): Finished => dativo(args, { cwd });

describe("a cursor on the command line", () => {
  it("is known to plan, state show, explain, and the receipt", () => {
    const cwd = jobFolder();
    expect(tell(cwd, "plan", "job.yaml").stdout).toMatch(/^cursor +at, looks back 1 day; nothing loaded by it yet$/m);
    expect(tell(cwd, "run", "-c", "job.yaml").stderr).toMatch(/^ +cursor +at up to 2026-03-02T10:00:00\.000000Z$/m);
    const known =
      /^cursor +at up to 2026-03-02T10:00:00\.000000Z, looks back 1 day; 2 records remembered from 2026-03-01T10:00:00\.000000Z on$/m;
    expect(tell(cwd, "state", "show", "job.yaml").stdout).toMatch(known);
    const more = "0,2026-02-01T10:00:00Z\n3,2026-03-01T12:00:00Z\n1,2026-03-01T10:00:00Z\n";
    writeFiles(cwd, { "a.csv": HEADER + more });
    const { stdout, code } = tell(cwd, "plan", "job.yaml");
    expect(code).toBe(0);
    expect(stdout).toMatch(known);
    expect(stdout).toMatch(/^reads +1 file, .*\n +a\.csv {2}.*, changed since it was loaded$/m);
    const { stderr } = tell(cwd, "run", "-c", "job.yaml");
    expect(stderr).toMatch(/; left out 1 before 2026-03-01T10:00:00\.000000Z and 1 loaded before$/m);
    expect(stderr).not.toMatch(/at least/);
    expect(tell(cwd, "explain", "job.yaml").stdout).toMatch(/^cursor +at, lookback_days 1 +javascript +rows only of/m);
    expect(tell(cwd, "state", "show", "job.yaml", "--json").stdout).not.toContain("identities");
  });

  it("warns of records that came too late for it", () => {
    const cwd = jobFolder();
    tell(cwd, "run", "-c", "job.yaml");
    writeFiles(cwd, { "b.csv": `${HEADER}7,2026-02-20T10:00:00Z\n` });
    const { stderr, code } = tell(cwd, "run", "-c", "job.yaml");
    expect(code).toBe(0);
    expect(stderr).toContain("lookback_days: 10 would reach the oldest of them");
  });

  it("that is another than before stops plan and run", () => {
    const cwd = jobFolder();
    tell(cwd, "run", "-c", "job.yaml");
    const other = { files: [{ path: "*.csv" }], incremental: { strategy: "created", cursor_field: "id" } };
    writeFiles(cwd, { "job.yaml": smallJob({ target_connector: "csv", source: other }) });
    expect(tell(cwd, "plan", "job.yaml")).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("DTV_CURSOR_CHANGED"),
    });
    expect(tell(cwd, "plan", "job.yaml", "--full-refresh").code).toBe(0);
    expect(tell(cwd, "run", "-c", "job.yaml").code).toBe(2);
  });
});
