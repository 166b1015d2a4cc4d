/** Where the plugins of a job run, and what they are held to. */
import { delimiter } from "node:path";
import { DativoError } from "../../contract/errors.ts";
import { parseSize } from "../../contract/parse-size.ts";
import type { Sandbox } from "../../isolation/sandbox.ts";
import { type ConfigDocument, faultAt, findingAt } from "../document/config-document.ts";
import type { ConfigFault, Finding, Keys } from "../document/config-fault.ts";
import type { Session } from "../document/session.ts";
import type { JobDraft } from "./job-document.ts";
import type { LoadedJob } from "./loaded-job.ts";

type Keyed = NonNullable<NonNullable<JobDraft["plugins"]>["sandbox"]>;
type Held = Pick<Session, "mode" | "env" | "places">;

const MIB = 1024 * 1024;
/** Node, Dativo and a native library take two thirds of it before they do anything. */
const MIN_MEMORY = 128 * MIB;

/** What a plugin in the sandbox has where its job does not say. */
const DEFAULTS = { memory: 512 * MIB, cpuSeconds: 3600, timeout: 30 };
/** What a job may ask for in cloud mode where the operator does not say: its author is not the operator. */
const CEILINGS = { memory: 1024 * MIB, cpuSeconds: 3600, timeout: 300 };

export function isolationOf({ plugins }: JobDraft, session: Held): LoadedJob["isolation"] {
  const keys = plugins?.sandbox ?? {};
  if (!isSandboxed(keys, session)) {
    return keys.mode === "process"
      ? { timeoutMs: keys.timeout === undefined ? undefined : keys.timeout * 1000 }
      : undefined;
  }
  const most = ceilings(session);
  const { timeout = Math.min(DEFAULTS.timeout, most.timeout) } = keys;
  return { timeoutMs: timeout * 1000, sandbox: sandboxOf(keys, session, most) };
}

function sandboxOf(keys: Keyed, session: Held, most: typeof CEILINGS): Sandbox {
  const { cpu_seconds: cpuSeconds = Math.min(DEFAULTS.cpuSeconds, most.cpuSeconds) } = keys;
  return {
    network: wantsNetwork(keys) ?? false,
    memoryBytes: parseSize(keys.memory_limit ?? "") ?? Math.min(DEFAULTS.memory, most.memory),
    cpuSeconds,
    folders: session.mode === "cloud" ? foldersOf(session) : undefined,
  };
}

/** Those that the job's author has anyway, and what the operator adds. */
function foldersOf({ places: { cwd, folder = cwd }, env }: Held): string[] {
  const added = (env["DATIVO_SANDBOX_FOLDERS"] ?? "").split(delimiter).filter((path) => path !== "");
  return [...new Set([folder, cwd, ...added])];
}

function isSandboxed({ enabled }: Keyed, { mode }: Held): boolean {
  return mode === "cloud" || enabled === true;
}

function wantsNetwork({ network, network_disabled: disabled }: Keyed): boolean | undefined {
  return network ?? (disabled === undefined ? undefined : !disabled);
}

function networkKey({ network }: Keyed): "network" | "network_disabled" {
  return network === undefined ? "network_disabled" : "network";
}

/** @throws DativoError DTV_CONFIG_INVALID for a limit of the operator's that is none */
function ceilings({ mode, env }: Held): typeof CEILINGS {
  if (mode !== "cloud") return { memory: Infinity, cpuSeconds: Infinity, timeout: Infinity };
  return {
    memory: limitIn(env, "DATIVO_SANDBOX_MEMORY", parseSize) ?? CEILINGS.memory,
    cpuSeconds: limitIn(env, "DATIVO_SANDBOX_CPU_SECONDS", Number) ?? CEILINGS.cpuSeconds,
    timeout: limitIn(env, "DATIVO_SANDBOX_TIMEOUT", Number) ?? CEILINGS.timeout,
  };
}

function limitIn(
  env: NodeJS.ProcessEnv,
  name: string,
  parse: (text: string) => number | undefined,
): number | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  const limit = parse(text);
  if (limit !== undefined && limit > 0) return limit;
  throw new DativoError("DTV_CONFIG_INVALID", `${name} is '${text}', which is no limit`, {
    culprit: name,
    hint: "It is a number above 0; of memory a size, such as 512m or 1g.",
  });
}

type Problem = readonly [isProblem: boolean, key: keyof Keyed, message: string];

/** Keys of the sandbox that say opposite things, ask for what nothing keeps, or for more than there is. */
export function sandboxFaults(document: ConfigDocument, { plugins }: JobDraft, session: Held): ConfigFault[] {
  const keys = plugins?.sandbox ?? {};
  const problems = [
    ...contradictions(keys, isSandboxed(keys, session)),
    ...(session.mode === "cloud" ? excesses(keys, session) : []),
    ...sizes(keys),
  ];
  return problems.filter(([isProblem]) => isProblem).map(([, key, message]) => faultAt(document, keysOf(key), message));
}

function contradictions(keys: Keyed, isHeld: boolean): Problem[] {
  const { enabled, mode, network, network_disabled: disabled } = keys;
  const isApart = mode !== undefined && mode !== "in_process";
  return [
    [enabled === false && isApart, "enabled", `is false, while mode is ${mode}; leave one of them out`],
    [enabled === true && mode === "in_process", "enabled", "is true, while mode is in_process; leave one of them out"],
    [
      network !== undefined && network === disabled,
      "network_disabled",
      `is ${disabled}, while network is ${network}; leave one of them out`,
    ],
    [
      wantsNetwork(keys) === false && !isHeld,
      networkKey(keys),
      "is kept by the sandbox only: set plugins.sandbox.enabled to true",
    ],
  ];
}

/** What is not the job's to say in cloud mode. */
function excesses(keys: Keyed, session: Held): Problem[] {
  const most = ceilings(session);
  const { enabled, mode, timeout = 0, cpu_seconds: cpuSeconds = 0, memory_limit: memory = "" } = keys;
  const isGranted = session.env["DATIVO_SANDBOX_NETWORK"] === "allow";
  const beyond = (what: string, variable: string): string =>
    `is more than ${what}, which the operator sets: ${variable}`;
  return [
    [enabled === false, "enabled", "is false, and in cloud mode plugins run in the sandbox"],
    [mode === "in_process", "mode", "is in_process, and in cloud mode plugins run in the sandbox"],
    [
      wantsNetwork(keys) === true && !isGranted,
      networkKey(keys),
      "asks for the network, which in cloud mode the operator has to grant too: DATIVO_SANDBOX_NETWORK=allow",
    ],
    [timeout > most.timeout, "timeout", beyond(`${most.timeout} s`, "DATIVO_SANDBOX_TIMEOUT")],
    [cpuSeconds > most.cpuSeconds, "cpu_seconds", beyond(`${most.cpuSeconds} s`, "DATIVO_SANDBOX_CPU_SECONDS")],
    [
      (parseSize(memory) ?? 0) > most.memory,
      "memory_limit",
      beyond(`${Math.floor(most.memory / MIB)}m`, "DATIVO_SANDBOX_MEMORY"),
    ],
  ];
}

function sizes({ memory_limit: memory }: Keyed): Problem[] {
  if (memory === undefined) return [];
  const bytes = parseSize(memory);
  return [
    [bytes === undefined, "memory_limit", `expected a size, such as 512m or 1g, got '${memory}'`],
    [
      (bytes ?? MIN_MEMORY) < MIN_MEMORY,
      "memory_limit",
      `is less than ${MIN_MEMORY / MIB}m, in which no plugin starts`,
    ],
  ];
}

/** Keys that are fine and do nothing in this job, and one that would look as if it did. */
export function sandboxWarnings(document: ConfigDocument, { plugins }: JobDraft, session: Held): Finding[] {
  const keys = plugins?.sandbox ?? {};
  const isHeld = isSandboxed(keys, session);
  const isApart = isHeld || keys.mode === "process";
  const idle: readonly Problem[] = [
    [!isApart && keys.timeout !== undefined, "timeout", "has no effect unless plugins.sandbox.mode is process"],
    [!isHeld && keys.memory_limit !== undefined, "memory_limit", SANDBOX_ONLY],
    [!isHeld && keys.cpu_seconds !== undefined, "cpu_seconds", SANDBOX_ONLY],
  ];
  return idle.filter(([isIdle]) => isIdle).map(([, key, message]) => findingAt(document, keysOf(key), message));
}

const SANDBOX_ONLY = "has no effect unless plugins.sandbox.enabled is true";

function keysOf(key: string): Keys {
  return ["plugins", "sandbox", key];
}
