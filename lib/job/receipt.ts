import type { ReceiptDocument } from "../config/receipt/receipt-document.ts";

/** What a run did, for machines. Counts balance: read + added = written + rejected + filtered. */
export type Receipt = ReceiptDocument;

export type ReceiptFile = Receipt["files"][number];

export type Guarantee = Receipt["guarantee"];
