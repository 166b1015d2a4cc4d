import type { Outcome } from "./sweep-folder.ts";

const SIGNS = { good: ".", wrong: "x", unreached: "-" } as const;

/** A line for each action, a sign for each step. */
export function formatMatrix(effect: string, outcomes: readonly Outcome[]): string {
  const actions = [...new Set(outcomes.map(({ death }) => death.action))];
  const width = Math.max(...actions.map((action) => action.length)) + 2;
  const lines = actions.map((action) => {
    const row = outcomes.filter(({ death }) => death.action === action);
    const names = row.map(({ death }) => death.name);
    const steps = names.length > 3 ? `${names[0]} to ${names.at(-1)}` : names.join(", ");
    return `${action.padEnd(width)}${row.map(({ verdict }) => SIGNS[verdict]).join("")}  ${steps}`;
  });
  return [`${effect}: ${outcomes.length} deaths (. made good, x wrong, - the run never comes there)`, ...lines].join(
    "\n",
  );
}
