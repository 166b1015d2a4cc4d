import { sweepFaults } from "../../lib/commit/bucket/fault-sweep.ts";
import { PROXY_FAULTS } from "../../support/object-faults.ts";

sweepFaults(
  "versitygw",
  PROXY_FAULTS.flatMap((fault) => [
    [fault, "once"],
    [fault, "from then on"],
  ]),
);
sweepFaults("minio", [["no-reply", "from then on"]]);
