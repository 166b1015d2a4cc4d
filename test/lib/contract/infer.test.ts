import { expect, it } from "vitest";
import { TextInference } from "../../../lib/contract/infer.ts";
import { formatType } from "../../../lib/contract/types.ts";

it.each([
  [["2024-01-01", "2024-01-02"], "date"],
  [["2024-01-01T00:00:00", "2024-01-02 00:00"], "timestamp"],
  [["2024-01-01T00:00:00Z"], "timestamptz"],
  [["2024-01-01", "2024-01-01 00:00:00"], "timestamp"],
  [["00:00:00"], "time"],
])("%j is of type %s", (cells, type) => {
  const inference = new TextInference();
  for (const cell of cells) inference.add(cell);
  expect(formatType(inference.type)).toBe(type);
});
