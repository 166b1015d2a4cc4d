/**
 * Where the fields of the structs of `dativo_plugin.h` and of the Arrow C Data Interface stand, in bytes, on a 64-bit
 * machine. `rust/sdk/src/abi.rs` declares the same structs.
 */

export const ARROW_SCHEMA = {
  size: 72,
  format: 0,
  name: 8,
  metadata: 16,
  flags: 24,
  children: 32,
  childPointers: 40,
  dictionary: 48,
  release: 56,
} as const;

export const ARROW_ARRAY = {
  size: 80,
  length: 0,
  nullCount: 8,
  offset: 16,
  buffers: 24,
  children: 32,
  bufferPointers: 40,
  childPointers: 48,
  dictionary: 56,
  release: 64,
  privateData: 72,
} as const;

export const ARROW_STREAM = { size: 40, getSchema: 0, getNext: 8, getLastError: 16, release: 24 } as const;

export const ERROR = {
  size: 4108,
  code: 4,
  retryable: 8,
  message: 12,
  messageBytes: 1024,
  detail: 1036,
  detailBytes: 3072,
} as const;

export const CALL = { size: 24, cancel: 8, deadline: 16 } as const;

export const BATCH = {
  size: 224,
  rows: 8,
  rejects: 88,
  position: 168,
  positionLength: 176,
  rowsRead: 184,
  rowsFiltered: 192,
  bytesIn: 200,
  warnings: 208,
  warningsLength: 216,
} as const;

export const READER = {
  size: 88,
  self: 8,
  open: 16,
  next: 24,
  plan: 32,
  check: 40,
  discover: 48,
  compare: 56,
  estimate: 64,
  freeString: 72,
  release: 80,
} as const;

export const TRANSFORM = { size: 48, self: 8, open: 16, apply: 24, flush: 32, release: 40 } as const;

export const WRITER = {
  size: 96,
  self: 8,
  durableStaging: 16,
  open: 24,
  write: 32,
  seal: 40,
  commit: 48,
  committed: 56,
  abort: 64,
  check: 72,
  freeString: 80,
  release: 88,
} as const;

/** ARROW_FLAG_NULLABLE. */
export const NULLABLE = 2n;
