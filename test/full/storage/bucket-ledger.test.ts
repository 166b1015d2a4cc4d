import { ledgerSuite } from "../../lib/commit/bucket/ledger-suite.ts";

ledgerSuite("versitygw", 1);
ledgerSuite("fake-gcs", 4);
ledgerSuite("minio", 8);
