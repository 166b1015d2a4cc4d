import type { ConnectionTestResult, DiscoveryResult } from "../contract/results.ts";
import { demand } from "./behaviour.ts";

/** Hooks that stand beside the data. */
interface Checkable {
  checkConnection(): ConnectionTestResult | Promise<ConnectionTestResult>;
}

interface Discoverable {
  discover(): DiscoveryResult | Promise<DiscoveryResult>;
}

/** A target or source that is not there is an answer too: `success` is false then. */
export async function answersCheck(player: Checkable): Promise<void> {
  const { success, message } = ((await player.checkConnection()) ?? {}) as Partial<ConnectionTestResult>;
  demand(
    typeof success === "boolean" && typeof message === "string",
    "checkConnection() returns a ConnectionTestResult, with success and message",
  );
  demand(success, `checkConnection() says: ${message}`);
}

export async function answersDiscover(reader: Discoverable): Promise<void> {
  const { objects } = ((await reader.discover()) ?? {}) as Partial<DiscoveryResult>;
  demand(Array.isArray(objects), "discover() returns a DiscoveryResult, with a list of objects");
  demand(
    objects.every(({ name, type }) => typeof name === "string" && typeof type === "string"),
    "each object of discover() has a name and a type",
  );
}
