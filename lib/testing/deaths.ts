import { BUCKET_POINTS, FAIL_POINTS, type FailPoint } from "../storage/fail-point.ts";

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

/** What has to fail before a run comes to a place where it takes something back. */
const CAUSES: Readonly<Partial<Record<FailPoint, readonly FailPoint[]>>> = {
  K29: ["K06", "K09", "K16"],
  K36: ["K16"],
};

/** Every fail point of a run into such a target, with one action. Some places are only come to after another fault. */
export function deathsBy(action: string, target: "folder" | "bucket" = "folder"): Death[] {
  const points = Object.keys(FAIL_POINTS) as FailPoint[];
  const reached = target === "bucket" ? points : points.filter((point) => !BUCKET_POINTS.includes(point));
  return reached.flatMap((point): Death[] => {
    const faults = `${point}:${action}`;
    if (point === "K27") return [{ name: point, action, faults, prelude: "K13:kill" }];
    if (point === "K28") return [{ name: point, action, faults, prelude: "K19:kill" }];
    const causes = CAUSES[point];
    if (!causes) return [{ name: point, action, faults }];
    return causes.map((cause) => ({ name: `${point} of ${cause}`, action, faults: `${cause}:throw,${faults}` }));
  });
}

/** What a run says that comes to its death. */
export function lastWordsOf({ name, action }: Death): string {
  return `Fault '${action}' at ${name.slice(0, "K00".length)}`;
}
