import { ledgerSuite } from "./ledger-suite.ts";

// The slow tests try every stop, and Google's store.
ledgerSuite("versitygw", 4);
