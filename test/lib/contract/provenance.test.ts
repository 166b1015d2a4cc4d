import { expect, it } from "vitest";
import { Provenance } from "../../../lib/contract/provenance.ts";

it("gives the raw bytes of a record as a copy that does not keep the stretch they stand in", () => {
  const bytes = Buffer.alloc(1 << 20, "abc");
  const spans = { lines: [1], offsets: [9], lengths: [3], bytes, base: 0 };
  const { raw } = new Provenance("file", () => 1, spans).at(0);
  expect(Buffer.from(raw ?? []).toString()).toBe("abc");
  expect(raw?.buffer.byteLength).toBe(3);
});
