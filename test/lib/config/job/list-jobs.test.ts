import { describe, expect, it } from "vitest";
import { listJobs } from "../../../../lib/config/job/list-jobs.ts";
import { ASSET, errorOf, smallJob, workspace } from "../workspace.ts";

describe("the jobs of a folder", () => {
  const files = {
    "jobs/b.yml": smallJob(),
    "jobs/z.yaml": smallJob(),
    "jobs/deep/er/a.yaml": smallJob("foo: 1\n"),
    "jobs/deep/a.yml": "- no job\n",
    "jobs/.hidden.yaml": "x",
    "jobs/.git/x.yaml": "x",
    "jobs/readme.md": "x",
    "assets/people.yaml": ASSET,
  };

  it("come in order, .yaml before .yml, from every depth", async () => {
    const cwd = workspace(files);
    expect(await listJobs("jobs", { cwd })).toEqual([
      "jobs/deep/er/a.yaml",
      "jobs/z.yaml",
      "jobs/b.yml",
      "jobs/deep/a.yml",
    ]);
  });

  it("must be of one tenant, or the one that is named", async () => {
    const cwd = workspace({ ...files, "jobs/other.yaml": smallJob().replace("acme", "other") });
    const error = await errorOf(listJobs("jobs", { cwd }));
    expect(error.code).toBe("DTV_TENANT_INVALID");
    expect(error.message).toBe("The jobs belong to several tenants: acme, other");
    expect(await listJobs("jobs", { cwd, tenantId: "acme" })).toHaveLength(5);
  });

  it.each([
    ["nowhere", "The job folder does not exist: nowhere"],
    ["empty", "No job files (*.yaml, *.yml) below empty"],
    ["assets/people.yaml", "assets/people.yaml is a file, not a folder of jobs"],
  ])("%s", async (folder, message) => {
    const cwd = workspace({ "empty/readme.md": "", "assets/people.yaml": ASSET });
    const error = await errorOf(listJobs(folder, { cwd }));
    expect(error.code).toBe("DTV_CONFIG_NOT_FOUND");
    expect(error.message).toBe(message);
  });
});
