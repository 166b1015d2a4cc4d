import { expect } from "vitest";
import { findReader, findTransform, findWriter } from "../../lib/plugin/find-player.ts";

export type Mode = "in_process" | "process";

export const MODES: readonly Mode[] = ["in_process", "process"];

interface Listed {
  readonly isolation?: string | undefined;
}

/** The plugins of a receipt without where they ran, which is to be what was asked for. */
export function withoutPlace(plugins: readonly Listed[], mode: Mode): object[] {
  expect(new Set(plugins.map(({ isolation }) => isolation))).toEqual(new Set(plugins.length > 0 ? [mode] : []));
  return plugins.map(({ isolation: _, ...plugin }) => plugin);
}

const how = (mode: Mode, limits = {}) =>
  mode === "process" ? { isolation: { graceMs: 2000, timeoutMs: undefined, cwd: process.cwd(), ...limits } } : {};

/** The reader class of a library, in this process or in one of its own. */
export async function readerIn(mode: Mode, library: string, symbol = "create_reader", limits = {}) {
  return (await findReader("custom", `${library}:${symbol}`, how(mode, limits))).playerClass;
}

export async function writerIn(mode: Mode, library: string, symbol = "create_writer", limits = {}) {
  return (await findWriter("custom", `${library}:${symbol}`, how(mode, limits))).playerClass;
}

export async function transformIn(mode: Mode, library: string, symbol = "create_transform", limits = {}) {
  return (await findTransform(`${library}:${symbol}`, how(mode, limits))).playerClass;
}
