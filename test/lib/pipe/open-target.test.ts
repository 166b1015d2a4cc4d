import { expect, it } from "vitest";
import { openTarget, type TargetParts } from "../../../lib/pipe/open-target.ts";
import type { PipeRequest } from "../../../lib/pipe/pipe-request.ts";

it.each(["far.csv.gz", "far.parquet.GZ"])("refuses %s, which would not be what its name says", async (out) => {
  const request = { sources: ["a.csv"], out, to: "csv", toOptions: {}, fromOptions: {} } as Partial<PipeRequest>;
  const parts = { environment: {} } as TargetParts;
  await expect(openTarget(request as PipeRequest, parts)).rejects.toMatchObject({
    code: "DTV_OPTION_INVALID",
    hint: expect.stringContaining(`| gzip > ${out}`),
  });
});
