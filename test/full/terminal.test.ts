import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, NODE, PEOPLE_ASSET, smallJob, writeFiles } from "../support/cli.ts";
import { tempFolder } from "../support/folder.ts";

/** Runs the command on a pseudo-terminal, as a person does; gives everything that was written to it. */
function onTerminal(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): { code: number | null; screen: string } {
  const command = [NODE, BIN, ...args].map((part) => `'${part}'`).join(" ");
  const { status, stdout } = spawnSync("script", ["-qec", `stty cols 120 rows 30; ${command}`, "/dev/null"], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd, TERM: "xterm-256color", ...env },
  });
  return { code: status, screen: stdout };
}

/** Asks for a reset, and types an answer when the question has been on the screen for a while. */
function answerReset(cwd: string, keys: string): string {
  const asking = `script -qec "'${NODE}' '${BIN}' state reset job.yaml" /dev/null`;
  const { stdout } = spawnSync(
    "sh",
    ["-c", `(sleep 2; printf '${keys}'; sleep 2) | timeout 15 ${asking}; echo "code $?"`],
    {
      cwd,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", HOME: cwd, TERM: "xterm-256color" },
    },
  );
  return stdout;
}

describe("on a terminal", () => {
  const rows = Array.from({ length: 150_000 }, (_, i) => `${i},name ${i},1990-01-01`).join("\n");
  const folder = (): string => {
    const cwd = tempFolder();
    writeFiles(cwd, { "people.csv": `id,name,born\n${rows}\n`, "people.yaml": PEOPLE_ASSET, "job.yaml": smallJob() });
    return cwd;
  };

  it("a run shows a living line, then a summary in colour", () => {
    const { code, screen } = onTerminal(["run", "--config", "job.yaml"], folder());
    expect(code).toBe(0);
    expect(screen).toMatch(/[\d,]+ rows · [\d,]+ rows\/s · [\d.]+ MiB of [\d.]+ MiB · 0 rejected/);
    expect(screen).toContain("slowest: ");
    expect(screen).toContain("\u001b[32m✔\u001b[39m people: committed 150,000 records");
    expect(screen).not.toContain("Guarantee:");
  });

  it.each([
    ["y\\n", "Reset with commit 2", 0],
    ["\\n", "DTV_NOT_CONFIRMED", 2],
    ["\\003", "DTV_NOT_CONFIRMED", 2],
    ["\\004", "DTV_NOT_CONFIRMED", 2],
  ])("a reset asks before records are doubled, and takes %s for its answer", (keys, said, code) => {
    const cwd = folder();
    onTerminal(["run", "--config", "job.yaml"], cwd);
    const screen = answerReset(cwd, keys);
    expect(screen).toMatch(/The target holds 1 file with 150,000 records; .* Go on\? \[y\/N\]/);
    expect(screen).toContain(said);
    expect(screen).toContain(`code ${code}`);
  });

  it("NO_COLOR, --no-color and --quiet are honoured", () => {
    const cwd = folder();
    const colour = new RegExp(`${String.fromCharCode(27)}\\[3\\d`);
    expect(onTerminal(["run", "--config", "job.yaml"], cwd, { NO_COLOR: "1" }).screen).not.toMatch(colour);
    expect(onTerminal(["run", "--config", "job.yaml", "--full-refresh", "--no-color"], cwd).screen).not.toMatch(colour);
    expect(onTerminal(["run", "--config", "job.yaml", "--full-refresh", "--quiet"], cwd)).toEqual({
      code: 0,
      screen: "",
    });
  });

  it("the quick start works twice and ends with what to try next", () => {
    const root = join(import.meta.dirname, "..", "..");
    for (let time = 0; time < 2; time++) {
      const { status, stdout } = spawnSync("npm", ["run", "quickstart"], { cwd: root, encoding: "utf8" });
      expect([status, stdout]).toEqual([0, expect.stringMatching(/'00501'[\s\S]*What to try next/)]);
    }
  }, 600_000);

  it("the quick start says who serves where the native libraries are not wanted, and where no cargo is", () => {
    const root = join(import.meta.dirname, "..", "..");
    const bin = tempFolder();
    for (const name of ["node", "npm", "sh"]) symlinkSync(whereIs(name), join(bin, name));
    const say = (env: Readonly<Record<string, string>>): string =>
      spawnSync("npm", ["run", "quickstart"], { cwd: root, encoding: "utf8", env: { ...process.env, ...env } }).stderr;
    expect(say({ DATIVO_NATIVE: "off" })).toContain("DATIVO_NATIVE=off: the TypeScript reader and writer serve");
    expect(say({ PATH: bin })).toMatch(
      /No Rust toolchain \(cargo\) is here: the (native|TypeScript) reader and writer serve/,
    );
  }, 240_000);
});

function whereIs(command: string): string {
  return spawnSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).stdout.trim();
}
