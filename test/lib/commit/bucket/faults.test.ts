import { sweepFaults } from "./fault-sweep.ts";

// The slow tests try all of them.
sweepFaults("versitygw", [
  ["half-reply", "once"],
  ["no-reply", "from then on"],
]);
