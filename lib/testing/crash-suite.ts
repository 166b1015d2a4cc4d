import type { Receipt } from "../job/receipt.ts";
import type { Death } from "./deaths.ts";

/** A job that is to survive its death at any step. */
export interface CrashSuite {
  /** Puts a job into an empty folder: its file, its sources, its plugins. What it names by a relative path is there. */
  prepare(folder: string): void | Promise<void>;
  /** The job's file in the folder; by default `job.yaml`. */
  readonly job?: string;
  /** Adds to the source what is new to a job that has run once. Without it the job's first run is the one that dies. */
  grow?(folder: string): void | Promise<void>;
  /** Every record that a reader of the target sees at this moment, in any order; none when there is no target yet. */
  readTarget(folder: string): readonly unknown[] | Promise<readonly unknown[]>;
  /** Empties a target that lies outside of the folder. Such a job is tried in one folder at a time. */
  resetTarget?(folder: string): void | Promise<void>;
  /** What the job has to promise; by default what its receipts say. */
  readonly effect?: Receipt["guarantee"]["effect"];
  /** By default a kill and an error at each step. */
  readonly deaths?: readonly Death[];
  /** Variables of every run. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether a further run, which finds nothing new, has to change nothing; by default it has to. */
  readonly idle?: boolean;
  /**
   * What else has to hold, as sentences of what is wrong: when a run has just died, when the next one is done, and when
   * one more has found nothing new.
   */
  check?(folder: string, moment: "dead" | "recovered" | "idle"): readonly string[] | Promise<readonly string[]>;
  /** The Node that runs the job; by default the one that runs this. */
  readonly node?: string;
}
