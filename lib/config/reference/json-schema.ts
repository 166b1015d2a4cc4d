import { z } from "zod";
import { assetDocument } from "../asset/asset-document.ts";
import { connectorDocument } from "../connector/connector-document.ts";
import { registryDocument } from "../connector/registry-document.ts";
import { jobDocument } from "../job/job-document.ts";
import { receiptDocument } from "../receipt/receipt-document.ts";

/** The declarations, by the kind of document. */
export const DOCUMENTS = {
  job: jobDocument,
  connector: connectorDocument,
  registry: registryDocument,
  asset: assetDocument,
  receipt: receiptDocument,
} as const;

export type DocumentKind = keyof typeof DOCUMENTS;

export const DOCUMENT_KINDS = Object.keys(DOCUMENTS) as readonly DocumentKind[];

/** The JSON Schema (draft 2020-12) of a document, for editors: what it may say, with descriptions and defaults. */
export function jsonSchemaOf(kind: DocumentKind): Record<string, unknown> {
  const schema = z.toJSONSchema(DOCUMENTS[kind], {
    target: "draft-2020-12",
    io: "input",
    override: ({ jsonSchema }) => {
      // Says when `planned` does not apply; of no use to an editor.
      delete jsonSchema["built"];
      // The bounds of every whole number say nothing of this one.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { ...schema, title: `Dativo ${kind}` };
}
