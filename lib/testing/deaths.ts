import { FAIL_POINTS, type FailPoint } from "../storage/fail-point.ts";

/** A way to die: the fault, and what has to happen before, so that a run comes to that place. */
export interface Death {
  /** Where: a step of {@link FAIL_POINTS}, or what you call it. */
  readonly name: string;
  /** How; deaths of one action are one line of the matrix. */
  readonly action: string;
  /** As DATIVO_FAILPOINT takes them. */
  readonly faults?: string;
  /** A fault of an earlier run, from which the one that dies recovers. */
  readonly prelude?: string;
  /** Variables of the run that dies, for a fault that your own code provokes. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Every fail point with one action. Some places are only come to after another fault. */
export function deathsBy(action: string): Death[] {
  const points = Object.keys(FAIL_POINTS) as FailPoint[];
  return points.flatMap((point): Death[] => {
    const faults = `${point}:${action}`;
    if (point === "K27") return [{ name: point, action, faults, prelude: "K13:kill" }];
    if (point === "K28") return [{ name: point, action, faults, prelude: "K19:kill" }];
    if (point !== "K29") return [{ name: point, action, faults }];
    const causes = ["K06", "K09", "K16"];
    return causes.map((cause) => ({ name: `${point} of ${cause}`, action, faults: `${cause}:throw,${faults}` }));
  });
}

/** What a run says that comes to its death. */
export function lastWordsOf({ name, action }: Death): string {
  return `Fault '${action}' at ${name.slice(0, "K00".length)}`;
}
