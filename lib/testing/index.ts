/** Behaviours that every component keeps, ours and yours; run them in any test runner. */

export { type Behaviour, demand, demandSame, type NotApplicable } from "./behaviour.ts";
export type { CrashSuite } from "./crash-suite.ts";
export { type CrashReport, crashSweep } from "./crash-sweep.ts";
export { type Death, deathsBy } from "./deaths.ts";
export { type ReaderSuite, readerBehaviours } from "./reader-behaviours.ts";
export { HOSTILE_FIELDS, sampleRecords } from "./sample-records.ts";
export type { Outcome } from "./sweep-folder.ts";
export { createTestEnvironment, type TestEnvironment } from "./test-environment.ts";
export { type TransformSuite, transformBehaviours } from "./transform-behaviours.ts";
export { writerBehaviours } from "./writer-behaviours.ts";
export type { WriterSuite } from "./writer-suite.ts";
