import type { ObjectProxy, ProxyFault } from "./object-proxy.ts";

/** What can befall a request, once or from then on. */
export const PROXY_FAULTS = [
  "no-request",
  "half-request",
  "no-reply",
  "half-reply",
  "busy",
  "broken",
] as const satisfies ProxyFault[];

export type FaultSpan = "once" | "from then on";

/** Has a fault befall the request of this number, counted from now, and, where it is to last, all behind it. */
export function befallAt(proxy: ObjectProxy, fault: ProxyFault, at: number, span: FaultSpan): void {
  const before = proxy.seen.length;
  proxy.befall(({ number }) => {
    const index = number - before - 1;
    return index === at || (span === "from then on" && index > at) ? fault : undefined;
  });
}
