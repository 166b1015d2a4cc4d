import { CONTESTANTS } from "./contestants.mjs";
import { makeDataset } from "./datasets.mjs";
import { measure } from "./measure.mjs";
import { median } from "./statistics.mjs";
import { baselineRatios, peerRatios, scaleRatios } from "./targets.mjs";

const PEERS = ["duckdb", "polars", "pyarrow"];
const EVERYBODY = ["dativo", "dativoOff", "native", "nativeOff", ...PEERS];

/** name → what it measures; each returns a result as `results.mjs` keeps it. */
export const SUITES = {
  mixed: (tools, options) =>
    compare(tools, options, {
      name: "mixed",
      title: "Ten mixed columns",
      dataset: makeDataset(tools, "mixed", options.rows ?? 10_000_000, options.seed),
      ids: EVERYBODY,
      ratios: (entries) => peerRatios(entries, { withPrices: true }),
    }),
  wide: (tools, options) =>
    compare(tools, options, {
      name: "wide",
      title: "A wide file of 200 columns",
      dataset: makeDataset(tools, "wide", Math.ceil((options.rows ?? 10_000_000) / 20), options.seed),
      ids: ["dativo", "native", ...PEERS],
      ratios: peerRatios,
    }),
  lineitem: (tools, options) =>
    compare(tools, options, {
      name: "lineitem",
      title: "TPC-H lineitem",
      dataset: makeDataset(tools, "lineitem", options.rows ?? 6_001_215, options.seed),
      ids: ["dativo", "native", ...PEERS],
      ratios: peerRatios,
    }),
  baseline: (tools, options) =>
    compare(tools, options, {
      name: "baseline",
      title: "Beside rows as dictionaries",
      dataset: makeDataset(tools, "mixed", options.rows ?? 2_000_000, options.seed),
      ids: ["dativo", "baseline"],
      ratios: baselineRatios,
    }),
  scale: measureScale,
};

/** Everybody on one file. */
function compare(tools, options, { name, title, dataset, ids, ratios }) {
  const turns = ids.map((id) => ({ id, label: CONTESTANTS[id].label, dataset }));
  const entries = measureInTurn(tools, options.rounds, turns);
  return { ...head(tools, options, name, title), entries, ratios: ratios(entries) };
}

/** Dativo alone, on a file and on one of ten times its size. */
function measureScale(tools, options) {
  const most = options.rows ?? 50_000_000;
  const turns = [Math.ceil(most / 10), most].map((rows) => ({
    id: "dativo",
    label: `Dativo, ${rows.toLocaleString("en-US")} rows`,
    dataset: makeDataset(tools, "mixed", rows, options.seed),
  }));
  const entries = measureInTurn(tools, options.rounds, turns);
  return { ...head(tools, options, "scale", "Ten times as many rows"), entries, ratios: scaleRatios(entries) };
}

function head({ versions, machine }, { rounds, seed }, name, title) {
  return { name, title, date: new Date().toISOString(), rounds, seed, machine, versions };
}

/** Round by round, another one first in each, so that a slow moment of the machine does not meet always the same. */
function measureInTurn(tools, rounds, turns) {
  const measured = turns.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < turns.length; at++) {
      const index = (at + round) % turns.length;
      const { id, label, dataset } = turns[index];
      const cost = measure(tools, id, dataset);
      measured[index].push(cost);
      const seconds = `${cost.wallSeconds.toFixed(2)} s, ${cost.cpuSeconds.toFixed(2)} s CPU`;
      console.error(`round ${round + 1} of ${rounds}: ${dataset.name}, ${label}: ${seconds}`);
    }
  }
  return turns.map(({ id, label, dataset }, index) => summarise(id, label, dataset, measured[index]));
}

function summarise(id, label, dataset, rounds) {
  const of = (key) => median(rounds.map((cost) => cost[key]));
  return {
    id,
    label,
    dataset: dataset.name,
    rows: dataset.rows,
    inputBytes: dataset.sizeBytes,
    wallSeconds: of("wallSeconds"),
    cpuSeconds: of("cpuSeconds"),
    peakBytes: of("peakBytes"),
    sizeBytes: of("sizeBytes"),
    rounds,
  };
}
