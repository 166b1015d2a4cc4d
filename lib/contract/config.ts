import { inspect } from "node:util";

type Bag = Readonly<Record<string, unknown>>;

export interface EngineConfig {
  readonly type?: string;
  readonly options: Bag;
  readonly [key: string]: unknown;
}

interface EngineInit {
  readonly type?: string | undefined;
  readonly options?: Bag | undefined;
  readonly [key: string]: unknown;
}

export interface FileEntry {
  readonly path?: string;
  readonly object?: string;
  readonly id?: string;
  readonly [key: string]: unknown;
}

export interface SourceInit {
  readonly type?: string;
  readonly connection?: Bag;
  readonly credentials?: Bag;
  readonly objects?: readonly string[];
  readonly files?: readonly FileEntry[];
  readonly tables?: readonly Bag[];
  readonly sheets?: readonly Bag[];
  readonly incremental?: Bag | null;
  readonly engine?: EngineInit;
  readonly rateLimits?: Bag;
  readonly dsn?: string;
  readonly fileFormat?: string;
  readonly customReader?: string;
}

/**
 * What a reader is constructed with. The bags `connection`, `credentials` and `engine.options` are as the user
 * wrote them, with variables and secrets filled in; they are never null.
 */
export class SourceConfig {
  readonly type: string;
  readonly connection: Bag;
  readonly credentials: Bag;
  readonly objects: readonly string[];
  readonly files: readonly FileEntry[];
  readonly tables: readonly Bag[];
  readonly sheets: readonly Bag[];
  readonly incremental: Bag | null;
  readonly engine: EngineConfig;
  readonly rateLimits: Bag;
  readonly dsn: string | undefined;
  readonly fileFormat: string | undefined;
  readonly customReader: string | undefined;

  constructor(init: SourceInit = {}) {
    this.type = init.type ?? "custom";
    this.connection = init.connection ?? {};
    this.credentials = init.credentials ?? {};
    this.objects = init.objects ?? [];
    this.files = init.files ?? [];
    this.tables = init.tables ?? [];
    this.sheets = init.sheets ?? [];
    this.incremental = init.incremental ?? null;
    this.engine = withOptions(init.engine);
    this.rateLimits = init.rateLimits ?? {};
    this.dsn = init.dsn;
    this.fileFormat = init.fileFormat;
    this.customReader = init.customReader;
  }

  toJSON(): Bag {
    return { ...maskBags(this), dsn: this.dsn && "***" };
  }

  [inspect.custom](): string {
    return `SourceConfig ${inspect(this.toJSON())}`;
  }
}

export interface TargetInit {
  readonly type?: string;
  readonly connection?: Bag;
  readonly credentials?: Bag;
  readonly catalog?: unknown;
  readonly branch?: string;
  readonly warehouse?: string;
  readonly fileFormat?: string;
  readonly partitioning?: readonly string[];
  readonly engine?: EngineInit;
  readonly customWriter?: string;
}

/** What a writer is constructed with; see {@link SourceConfig} for the bags. */
export class TargetConfig {
  readonly type: string;
  readonly connection: Bag;
  readonly credentials: Bag;
  readonly catalog: unknown;
  readonly branch: string | undefined;
  readonly warehouse: string | undefined;
  readonly fileFormat: string | undefined;
  readonly partitioning: readonly string[];
  readonly engine: EngineConfig;
  readonly customWriter: string | undefined;

  constructor(init: TargetInit = {}) {
    this.type = init.type ?? "custom";
    this.connection = init.connection ?? {};
    this.credentials = init.credentials ?? {};
    this.catalog = init.catalog;
    this.branch = init.branch;
    this.warehouse = init.warehouse;
    this.fileFormat = init.fileFormat;
    this.partitioning = init.partitioning ?? [];
    this.engine = withOptions(init.engine);
    this.customWriter = init.customWriter;
  }

  toJSON(): Bag {
    return maskBags(this);
  }

  [inspect.custom](): string {
    return `TargetConfig ${inspect(this.toJSON())}`;
  }
}

function withOptions(engine: EngineInit = {}): EngineConfig {
  const { type, options = {}, ...rest } = engine;
  return { ...rest, ...(type === undefined ? {} : { type }), options };
}

/** Printing a config must not print what is in it: connections and credentials show their keys only. */
function maskBags(config: { connection: Bag; credentials: Bag }): Bag {
  const mask = (bag: Bag): Bag => Object.fromEntries(Object.keys(bag).map((key) => [key, "***"]));
  return { ...config, connection: mask(config.connection), credentials: mask(config.credentials) };
}
