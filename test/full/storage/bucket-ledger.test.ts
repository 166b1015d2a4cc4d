import { ledgerSuite } from "../../lib/commit/bucket/ledger-suite.ts";

/** DATIVO_TEST_SWEEP=all tries every stop in every store. */
const isWhole = process.env["DATIVO_TEST_SWEEP"] === "all";

if (isWhole) ledgerSuite("versitygw", 1);
ledgerSuite("fake-gcs", isWhole ? 1 : 8);
ledgerSuite("minio", isWhole ? 1 : 8);
