import type { RecoveryReport } from "../job/recover-job.ts";

type Done = RecoveryReport["done"];

/** What was done about what earlier runs had left, a line for each. */
export function describeRecovery(done: Done): string[] {
  return done.map(describeEvent);
}

function describeEvent(event: Done[number]): string {
  switch (event.did) {
    case "finished":
      return `Finished run ${event.runId}, which had died in its commit ${event.seq}`;
    case "undid":
      return `Undid run ${event.runId}, which had died in its commit ${event.seq} and could not be finished`;
    case "removed":
      return `Removed what run ${event.runId} had staged before it died`;
    case "repaired":
      return `Brought the state up to commit ${event.seq} of the target`;
  }
}
