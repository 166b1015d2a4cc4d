/**
 * Named instants of a run at which a fault can be asked for, so that anybody can see what becomes of a load that dies
 * there: Dativo's own tests, and users with their own jobs and plugins. Without such a request a point costs one look at
 * a variable.
 */
import { writeSync } from "node:fs";
import { setImmediate, setTimeout } from "node:timers/promises";
import { DativoError } from "../contract/errors.ts";
import { didYouMean } from "../contract/options.ts";

/** Each lies just after what it says. */
export const FAIL_POINTS = {
  K00: "before the lock",
  K01: "the lock is held",
  K02: "what earlier runs left is in order",
  K03: "the state is read, the run has its id",
  K04: "the staging folder is made",
  K05: "the first staged file is made, without a byte in it",
  K06: "some records are staged",
  K07: "a staged file is written, and not synced",
  K08: "the last staged file is synced",
  K09: "the staging folder is synced",
  K10: "the manifest is written under another name",
  K11: "the manifest is synced",
  K12: "the manifest has its name, and its folder is not synced",
  K13: "prepared: from here on the run is finished, by whoever comes",
  K14: "before the first file is published",
  K15: "the first file of several is published",
  K16: "all files are published, and their folder is not synced",
  K17: "before the decision",
  K18: "decided, and nobody was told",
  K19: "committed",
  K20: "the state is written under another name",
  K21: "the state is synced",
  K22: "the state has its name, and its folder is not synced",
  K23: "the state has moved",
  K24: "half of what was staged is removed",
  K25: "everything that was staged is removed",
  K26: "unlocked",
  K27: "an earlier run is being finished",
  K28: "the state is being repaired",
  K29: "what failed is being taken back",
  K30: "an upload to a bucket is begun, without a byte in it",
  K32: "all parts of an upload are in the bucket",
  K33: "an object of several has its key, and nobody was told",
  K36: "one of several uploads is removed",
} as const;

export type FailPoint = keyof typeof FAIL_POINTS;

/** Those that only runs into a bucket come to. */
export const BUCKET_POINTS: readonly FailPoint[] = ["K30", "K32", "K33", "K36"];

/** The steps that users know, by what they are called. */
const STEPS: Readonly<Record<string, FailPoint>> = {
  lock: "K01",
  stage: "K06",
  seal: "K09",
  prepare: "K13",
  publish: "K16",
  decide: "K19",
  advance: "K23",
  clean: "K25",
};

/** `pass` lets a run go by once, so that a fault behind it comes at the second time. */
const ACTIONS = ["kill", "term", "throw", "hang", "eio", "enospc", "plugin-exit", "pass"] as const;

type Action = (typeof ACTIONS)[number];

export interface Fault {
  readonly point: FailPoint;
  readonly action: Action;
}

/** Faults that are still to come; each comes once. Undefined until somebody looks. */
let pending: Fault[] | undefined;

/** Ways to end the processes of plugins. */
const pluginEnders = new Set<() => void>();

/** Says how the processes of plugins are ended, for the fault `plugin-exit`. */
export function onPluginExit(end: () => void): void {
  pluginEnders.add(end);
}

/** Asks for a fault in this process, besides those of the environment. */
export function armFault(fault: Fault): void {
  faults().push(fault);
}

/** Called where a run has come to a point: provokes the fault that was asked for there, if any. */
export async function reach(point: FailPoint): Promise<void> {
  const at = faults().findIndex((fault) => fault.point === point);
  if (at === -1) return;
  const [fault] = faults().splice(at, 1);
  await provoke(fault as Fault);
}

function faults(): Fault[] {
  pending ??= faultsOf(process.env["DATIVO_FAILPOINT"] ?? "");
  return pending;
}

/** `kill@publish` or `kill@K16`. @throws DativoError DTV_OPTION_INVALID */
export function parseChaos(text: string): Fault {
  const [action = "", place = ""] = text.split("@");
  return faultOf(action, place, text);
}

/** `K16:kill`, several divided by commas. @throws DativoError DTV_OPTION_INVALID */
export function faultsOf(text: string): Fault[] {
  const parts = text.split(",").filter((part) => part.trim() !== "");
  return parts.map((part) => {
    const [place = "", action = ""] = part.trim().split(":");
    return faultOf(action, place, part);
  });
}

function faultOf(action: string, place: string, text: string): Fault {
  const names = [...Object.keys(STEPS), ...Object.keys(FAIL_POINTS)];
  const point = STEPS[place] ?? (Object.hasOwn(FAIL_POINTS, place) ? (place as FailPoint) : undefined);
  if (!point) throw unknown(text, "place", place, names);
  if (!(ACTIONS as readonly string[]).includes(action)) throw unknown(text, "fault", action, ACTIONS);
  return { point, action: action as Action };
}

function unknown(text: string, what: string, name: string, known: readonly string[]): DativoError {
  return new DativoError("DTV_OPTION_INVALID", `'${text}' names no ${what}: '${name}'${didYouMean(name, known)}`, {
    hint: `A fault looks like kill@publish. Faults: ${ACTIONS.join(", ")}. Places: ${Object.keys(STEPS).join(", ")}, or K00 to K36.`,
  });
}

async function provoke({ point, action }: Fault): Promise<void> {
  const where = `${point}: ${FAIL_POINTS[point]}`;
  // At once and to the end: the process may be gone with the next step.
  writeSync(2, `Fault '${action}' at ${where}\n`);
  switch (action) {
    case "kill":
      process.kill(process.pid, "SIGKILL");
      return never();
    case "term":
      process.kill(process.pid, "SIGTERM");
      // The signal is told in a later turn of the loop.
      await setImmediate();
      return;
    case "hang":
      return never();
    case "throw":
      throw new DativoError("DTV_CHAOS", `A fault was asked for at ${where}`);
    case "eio":
      throw systemFault("EIO", "i/o error", where);
    case "enospc":
      throw systemFault("ENOSPC", "no space left on device", where);
    case "pass":
      return;
    case "plugin-exit":
      for (const end of pluginEnders) end();
      await setTimeout(PLUGIN_END_MS);
  }
}

/** After so long a process that was killed is gone. */
const PLUGIN_END_MS = 50;

function systemFault(code: string, text: string, where: string): Error {
  return Object.assign(new Error(`${code}: ${text}, as was asked for at ${where}`), { code });
}

/** Waits for ever, and keeps the process alive for it. */
async function never(): Promise<void> {
  for (;;) await setTimeout(60_000);
}
