import { o } from "./options.ts";

const text = o.string().min(1);
const scalar = o.union([o.string(), o.number(), o.boolean(), o.null()], {
  error: "expected a text, a number, a truth value or null",
});

/** The declaration of `map`; the steps run in this order. */
export const mapOptions = o.strictObject({
  paths: o.record(text, text).default({}).describe("New column: dotted path into an object column, `address.city`"),
  rename: o.record(text, text).default({}).describe("Old name: new name"),
  casts: o.record(text, text).default({}).describe("Column: type; what does not fit exactly is rejected"),
  defaults: o.record(text, scalar).default({}).describe("Column: value where it has none"),
  constants: o.record(text, scalar).default({}).describe("New column: one value for every record"),
  select: o.array(text).min(1).optional().describe("The columns to keep, in their order; by default all"),
});

export type MapOptions = o.input<typeof mapOptions>;
