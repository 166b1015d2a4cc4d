import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { BIN, NODE, PEOPLE_CSV, writeFiles } from "../../support/cli.ts";
import { listTree, tempFolder } from "../../support/folder.ts";
import { statusOf } from "../../support/processes.ts";
import { pidOf, shell, startShell, until } from "../../support/shell.ts";

const MIB = 1024 * 1024;
const ENDLESS = "(echo n; yes 12345678901234567890)";

function folder(): string {
  const cwd = tempFolder();
  writeFiles(cwd, { "people.csv": PEOPLE_CSV });
  return cwd;
}

/** The most resident memory that a process ever had. */
function peakOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(statusOf(pid))?.[1]) * 1024;
}

describe("the end of a pipe", () => {
  it.each(["csv", "jsonl", "json"])("comes quietly when a reader of %s has seen enough", (format) => {
    const script = `${ENDLESS} | dativo pipe --to ${format} | head -n 2; echo "\${PIPESTATUS[@]}" >&2`;
    const { stdout, stderr } = shell(script, { cwd: folder() });
    expect(stdout.split("\n")).toHaveLength(3);
    expect(stderr).toBe("141 141 0\n");
  });

  it("comes to a pipe that wants no more records, and then to whoever writes into it", () => {
    const { stdout, stderr } = shell(`${ENDLESS} | dativo head -n 1; echo "\${PIPESTATUS[@]}"`, { cwd: folder() });
    expect([stdout, stderr]).toEqual(["n\n12345678901234567890\n141 0\n", ""]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 143],
  ] as const)("comes with %s, and leaves nothing behind", async (signal, code) => {
    const cwd = folder();
    const run = startShell("stage pipe pipe --from csv --flush -o out.csv", { cwd });
    let said = "";
    run.stderr?.on("data", (chunk) => {
      said += chunk;
    });
    run.stdin?.write("name\nAda\n");
    const pid = await pidOf("pipe", cwd);
    await until(() => readdirSync(cwd).some((name) => name.startsWith(".out.csv.")), "the staged file");
    process.kill(pid, signal);
    expect((await once(run, "exit"))[0]).toBe(code);
    expect(said).toContain(`DTV_CANCELLED Interrupted by ${signal}`);
    expect(listTree(cwd).filter((path) => path.includes("out"))).toEqual([]);
  });

  it("is an error where standard input was closed", () => {
    const { code, stdout, stderr } = shell("dativo pipe <&-", { cwd: folder() });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("DTV_SOURCE_UNREADABLE Standard input is closed");
    expect(stderr).toContain("Pipe data into the command, or name a file");
  });

  it.each([
    ["json", "[]\n"],
    ["csv", ""],
    ["jsonl", ""],
  ])("leaves a whole document where nothing came: %s", (format, wanted) => {
    const cwd = folder();
    const { code } = shell(`dativo pipe --from jsonl --accept-eof -o out.${format}`, { cwd });
    expect([code, readFileSync(join(cwd, `out.${format}`), "utf8")]).toEqual([0, wanted]);
  });

  it("leaves an Arrow file where nothing came, which can be read", () => {
    const script = "dativo pipe --from jsonl --accept-eof -o out.arrow && dativo count out.arrow";
    expect(shell(script, { cwd: folder() })).toMatchObject({ code: 0, stdout: "0\n" });
  });

  it.each(["avro", "parquet"])("is an error where nothing came, and %s has to have columns", (format) => {
    const cwd = folder();
    const { code, stderr } = shell(`dativo pipe --from jsonl --accept-eof -o out.${format}`, { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining("DTV_SCHEMA_INVALID")]);
    expect(existsSync(join(cwd, `out.${format}`))).toBe(false);
  });

  it("is an error where standard input is a folder", () => {
    expect(shell("dativo pipe < .", { cwd: folder() }).stderr).toContain("Standard input is a folder");
  });

  it.each(["csv", "jsonl", "json", "parquet", "table"])("is an error where %s has no space", (format) => {
    const { code, stderr } = shell(`dativo pipe people.csv --to ${format} > /dev/full`, { cwd: folder() });
    expect(code).toBe(2);
    expect(stderr).toContain("DTV_TARGET_UNWRITABLE Standard output cannot be written: no space left on the device");
  });

  it.each(["pipe", "map", "write lake", "head", "count", "stats"])(
    "is help where a terminal is read: %s",
    (command) => {
      const cwd = folder();
      const { status, stdout } = spawnSync("script", ["-qec", `'${NODE}' '${BIN}' ${command}`, "/dev/null"], {
        cwd,
        encoding: "utf8",
        timeout: 10_000,
        env: { PATH: process.env["PATH"] ?? "", HOME: cwd, TERM: "xterm" },
      });
      expect(stdout).toContain(`Usage: dativo ${command.split(" ")[0]}`);
      expect(status).toBe(2);
    },
  );
});

describe("records on their way", () => {
  it.each([
    ["csv", "4,d\n", "4,d\n"],
    ["jsonl", '{"a":4}\n', '{"a":4}\n'],
  ])("are handed on at once with --flush: %s", async (format, line, wanted) => {
    const run = startShell(`dativo pipe --flush --from ${format}`, { cwd: folder() });
    let seen = "";
    run.stdout?.on("data", (chunk) => {
      seen += chunk;
    });
    if (format === "csv") run.stdin?.write("a,b\n");
    // The first one waits for the process to begin.
    for (const limitMs of [20_000, 1000, 1000]) {
      const before = seen.length;
      run.stdin?.write(line);
      await until(() => seen.length > before && seen.endsWith(wanted), "the record", limitMs);
    }
    run.stdin?.end();
    expect((await once(run, "exit"))[0]).toBe(0);
  });

  it("arrive whole at a reader that takes its time", () => {
    const cwd = folder();
    const script = `
      seq -f 'line %.0f of many that are sent' 1 1600000 | sed 1in > in.csv
      cat in.csv | dativo pipe --from csv | { head -c 1000000; sleep 1; cat; } | cmp - in.csv && stat -c %s in.csv`;
    const { code, stdout, stderr } = shell(script, { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    expect(Number(stdout)).toBeGreaterThan(50 * MIB);
  });

  it("wait where nobody takes them, and so does whoever makes them", async () => {
    const cwd = folder();
    const script = `
      { echo $BASHPID > yes.pid; exec yes 12345678901234567890,a,b,c; } | stage pipe pipe --no-header |
      { echo $BASHPID > reader.pid; head -c 10 > first; exec sleep 60; }`;
    const run = startShell(script, { cwd });
    const [producer = 0, pid = 0, reader = 0] = await Promise.all(
      ["yes", "pipe", "reader"].map((name) => pidOf(name, cwd)),
    );
    await until(() => existsSync(join(cwd, "first")), "the reader");
    const madeBytes = (): string => /wchar: \d+/.exec(readFileSync(`/proc/${producer}/io`, "utf8"))?.[0] ?? "";
    await sleep(1500);
    const before = madeBytes();
    await sleep(1000);
    expect(madeBytes()).toBe(before);
    expect(statusOf(producer)).toMatch(/State:\tS/);
    expect(peakOf(pid)).toBeLessThan(160 * MIB);
    process.kill(reader);
    await once(run, "exit");
  });

  it("take no more memory the more there are", { timeout: 60_000 }, async () => {
    const cwd = folder();
    const run = startShell("yes 12345678901234567890,a,b,c | stage pipe pipe --no-header -t jsonl > /dev/null", {
      cwd,
    });
    const pid = await pidOf("pipe", cwd);
    await sleep(4000);
    expect(peakOf(pid)).toBeLessThan(160 * MIB);
    process.kill(pid);
    await once(run, "exit");
  });
});
