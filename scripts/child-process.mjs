// What is used of node:child_process, loaded when it is called: commander, which takes it in for subcommands that are
// programs of their own, would have every start wait for it (4 ms, measured).
export const spawn = (...args) => process.getBuiltinModule("node:child_process").spawn(...args);
export const spawnSync = (...args) => process.getBuiltinModule("node:child_process").spawnSync(...args);
