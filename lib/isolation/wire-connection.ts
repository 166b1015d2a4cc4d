import { ConnectionTestResult } from "../contract/results.ts";
import type { Header } from "./frame.ts";

export function formatConnection({ success, message, errorCode, details }: ConnectionTestResult): Header {
  return { success, message, errorCode, details };
}

export function parseConnection({ success, message, errorCode, details }: Header): ConnectionTestResult {
  return new ConnectionTestResult(
    success === true,
    String(message),
    errorCode as string | undefined,
    details as Record<string, unknown>,
  );
}
