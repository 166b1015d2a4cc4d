import { sweepFaults } from "../../lib/commit/bucket/fault-sweep.ts";
import type { FaultSpan } from "../../support/object-faults.ts";
import { PROXY_FAULTS } from "../../support/object-faults.ts";
import type { ProxyFault } from "../../support/object-proxy.ts";

const SPANS: readonly FaultSpan[] = ["once", "from then on"];
const ALL = PROXY_FAULTS.flatMap((fault) => SPANS.map((span): [ProxyFault, FaultSpan] => [fault, span]));
/** Each of the others takes as long. The fast tests try two more. */
const PICKED: readonly [ProxyFault, FaultSpan][] = [
  ["no-reply", "once"],
  ["broken", "from then on"],
];
const isWhole = process.env["DATIVO_TEST_SWEEP"] === "all";

sweepFaults("versitygw", isWhole ? ALL : PICKED);
// Google's client pauses for seconds after each.
if (isWhole) for (const kind of ["fake-gcs", "minio"] as const) sweepFaults(kind, PICKED);
