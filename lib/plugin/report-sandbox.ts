import type { SandboxReport } from "../isolation/sandbox.ts";

/** Whether plugins can be kept in the sandbox here, and what holds them or is missing. */
export async function reportSandbox(): Promise<SandboxReport> {
  return (await import("../isolation/sandbox.ts")).examineSandbox();
}
