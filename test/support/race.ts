import { startDativo } from "./cli.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a command and collects what it says; `said` waits until stderr has a text in it. */
export function begin(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  said(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
} {
  const child = startDativo(args, { cwd, env });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => (stdout += chunk));
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  return {
    pid: child.pid as number,
    ended,
    said: async (text) => {
      while (!stderr.includes(text)) {
        const isOver = await Promise.race([ended.then(() => true), new Promise((go) => setTimeout(go, 10))]);
        if (isOver && !stderr.includes(text)) throw new Error(`It ended without saying '${text}':\n${stderr}`);
      }
    },
    signal: (name) => child.kill(name),
  };
}

/** What came of two runs of one job that were started at once. */
export function runTwice(cwd: string, ...flags: string[]): Promise<[Ended, Ended]> {
  const args = ["run", "--config", "job.yaml", "--json", ...flags];
  return Promise.all([begin(args, cwd).ended, begin(args, cwd).ended]);
}
