import { describe, expect, it } from "vitest";
import { complaints, errorOf, load, smallJob } from "../workspace.ts";

const MIB = 1024 * 1024;
const job = (sandbox: string): string => smallJob(`plugins: { sandbox: ${sandbox} }`);
const isolationOf = async (sandbox: string, options = {}) => (await load(job(sandbox), options)).isolation;
const warningsOf = async (sandbox: string): Promise<string[]> =>
  (await load(job(sandbox))).warnings.map(({ path, message }) => `${path}: ${message}`);

const cloud = (env: Record<string, string> = {}) => ({ mode: "cloud", tenantId: "acme", env }) as const;

describe("where plugins run", () => {
  it("is Dativo's own process at home, where the job does not say otherwise", async () => {
    expect(await isolationOf("{}")).toBeUndefined();
    expect(await isolationOf("{ mode: in_process, enabled: false, network: true }")).toBeUndefined();
    expect(await isolationOf("{ mode: process }")).toEqual({ timeoutMs: undefined });
    expect(await isolationOf("{ mode: process, timeout: 2 }")).toEqual({ timeoutMs: 2000 });
  });

  it("is the sandbox for a job that asks for it, which may ask for whatever it likes", async () => {
    expect(await isolationOf("{ enabled: true }")).toEqual({
      timeoutMs: 30_000,
      sandbox: { network: false, memoryBytes: 512 * MIB, cpuSeconds: 3600, folders: undefined },
    });
    const much = "{ enabled: true, network: true, memory_limit: 8g, cpu_seconds: 90000, timeout: 7200 }";
    expect(await isolationOf(much)).toEqual({
      timeoutMs: 7_200_000,
      sandbox: { network: true, memoryBytes: 8192 * MIB, cpuSeconds: 90_000, folders: undefined },
    });
    expect((await isolationOf("{ enabled: true, network_disabled: false }"))?.sandbox?.network).toBe(true);
  });

  it("is the sandbox in cloud mode, whatever the job says", async () => {
    const { cwd, isolation } = await loadIn(cloud());
    expect(isolation).toEqual({
      timeoutMs: 30_000,
      sandbox: { network: false, memoryBytes: 512 * MIB, cpuSeconds: 3600, folders: [cwd] },
    });
    const added = await loadIn(cloud({ DATIVO_SANDBOX_FOLDERS: "/data:/more" }));
    expect(added.isolation?.sandbox?.folders).toEqual([added.cwd, "/data", "/more"]);
  });

  it("has limits that the operator lowers and raises", async () => {
    const low = cloud({ DATIVO_SANDBOX_MEMORY: "256m", DATIVO_SANDBOX_TIMEOUT: "5", DATIVO_SANDBOX_CPU_SECONDS: "9" });
    expect(await isolationOf("{}", low)).toMatchObject({
      timeoutMs: 5000,
      sandbox: { memoryBytes: 256 * MIB, cpuSeconds: 9 },
    });
    const high = cloud({ DATIVO_SANDBOX_MEMORY: "4g", DATIVO_SANDBOX_NETWORK: "allow" });
    expect((await isolationOf("{ memory_limit: 3g, network: true }", high))?.sandbox).toMatchObject({
      memoryBytes: 3072 * MIB,
      network: true,
    });
  });
});

async function loadIn(options: ReturnType<typeof cloud>) {
  const { isolation, plugins } = await load(job("{}"), options);
  return { isolation, cwd: plugins.folders[0] };
}

describe("a sandbox that cannot be as its job says", () => {
  it.each([
    ["{ enabled: false, mode: process }", "enabled: is false, while mode is process; leave one of them out"],
    ["{ enabled: true, mode: in_process }", "enabled: is true, while mode is in_process; leave one of them out"],
    [
      "{ enabled: true, network: true, network_disabled: true }",
      "network_disabled: is true, while network is true; leave one of them out",
    ],
    ["{ network: false }", "network: is kept by the sandbox only: set plugins.sandbox.enabled to true"],
    [
      "{ mode: process, network_disabled: true }",
      "network_disabled: is kept by the sandbox only: set plugins.sandbox.enabled to true",
    ],
    ["{ enabled: true, memory_limit: much }", "memory_limit: expected a size, such as 512m or 1g, got 'much'"],
    ["{ enabled: true, memory_limit: 64m }", "memory_limit: is less than 128m, in which no plugin starts"],
  ])("%s", async (sandbox, complaint) => {
    expect(await complaints(job(sandbox))).toEqual([`plugins.sandbox.${complaint}`]);
  });

  it.each([
    ["{ enabled: false }", "enabled: is false, and in cloud mode plugins run in the sandbox"],
    ["{ mode: in_process }", "mode: is in_process, and in cloud mode plugins run in the sandbox"],
    [
      "{ network: true }",
      "network: asks for the network, which in cloud mode the operator has to grant too: DATIVO_SANDBOX_NETWORK=allow",
    ],
    [
      "{ network_disabled: false }",
      "network_disabled: asks for the network, which in cloud mode the operator has to grant too: DATIVO_SANDBOX_NETWORK=allow",
    ],
    ["{ timeout: 301 }", "timeout: is more than 300 s, which the operator sets: DATIVO_SANDBOX_TIMEOUT"],
    ["{ cpu_seconds: 3601 }", "cpu_seconds: is more than 3600 s, which the operator sets: DATIVO_SANDBOX_CPU_SECONDS"],
    ["{ memory_limit: 2g }", "memory_limit: is more than 1024m, which the operator sets: DATIVO_SANDBOX_MEMORY"],
  ])("in cloud mode: %s", async (sandbox, complaint) => {
    expect(await complaints(job(sandbox), cloud())).toEqual([`plugins.sandbox.${complaint}`]);
  });

  it("is not for a limit of the operator's that is none", async () => {
    for (const name of ["DATIVO_SANDBOX_MEMORY", "DATIVO_SANDBOX_TIMEOUT", "DATIVO_SANDBOX_CPU_SECONDS"]) {
      const error = await errorOf(load(job("{}"), cloud({ [name]: "lots" })));
      expect([error.code, error.message]).toEqual(["DTV_CONFIG_INVALID", `${name} is 'lots', which is no limit`]);
    }
  });

  it("is told of keys that do nothing", async () => {
    expect(await warningsOf("{ timeout: 3, memory_limit: 1g, cpu_seconds: 5 }")).toEqual([
      "plugins.sandbox.timeout: has no effect unless plugins.sandbox.mode is process",
      "plugins.sandbox.memory_limit: has no effect unless plugins.sandbox.enabled is true",
      "plugins.sandbox.cpu_seconds: has no effect unless plugins.sandbox.enabled is true",
    ]);
    expect(await warningsOf("{ enabled: true, timeout: 3, memory_limit: 1g, cpu_seconds: 5 }")).toEqual([]);
  });
});
