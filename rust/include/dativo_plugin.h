/*
 * The native border of Dativo, ABI 2: readers, transforms and writers in any language with a C ABI.
 *
 * Rows cross it as Arrow arrays (the Arrow C Data Interface). A library exports `dativo_abi_version`, and for each
 * plugin a factory and the symbol `<factory>_kind`.
 *
 *  1. The host fills every `size` before a call; a field beyond the other side's `size` does not exist for it. New
 *     fields are added at the end only.
 *  2. Arrow arrays in a dtv_batch are moved: out of the plugin on next, apply and flush, into it on write and apply,
 *     even when the call fails. Who takes one leaves NULL in `release` of the struct that it was taken from; whoever
 *     holds one calls its `release` once.
 *     A batch has at most 16,777,216 rows, a buffer at most 1 GiB.
 *  3. Calls on one handle never overlap and may come from different threads. Handles are independent of each other.
 *     What is shared during a call is `*cancel` alone.
 *  4. `release` of a handle comes once, after the last call has returned.
 *  5. Schemas are fixed at `open`; a change is DTV_SCHEMA_CHANGED. What cannot be given as `wanted` fails at `open`.
 *  6. Rejects have one schema: source utf8, row uint64, line uint64, offset uint64, length uint64, raw binary,
 *     column utf8, rule utf8, reason utf8. `row` and `line` count from 1, `offset` from 0 in the decompressed source. A
 *     record with several faults has one entry for each, one after another; `row` tells them together. What is not
 *     known, and the column of a fault of the whole record, is null. A transform knows no source: it leaves it empty,
 *     `row` is the number of the record in the batch of the last apply, from 1, and the host puts the record's place.
 *  7. No panic, exception or signal handler crosses the border; a plugin does not exit, nor write to descriptors 0 and
 *     1, nor change locale, umask or working directory. Lines on stderr are fine.
 *  8. `config_json` of a reader is {type, connection, credentials, objects, files, tables, incremental, engine}; of a
 *     writer {asset_name, schema, output_base, target_type, connection, file_format, engine}; of a transform {options};
 *     all also have wanted_batch_rows, wanted_batch_bytes, temp_dir and contract (the asset with its fingerprint, or
 *     null). A reader that ran the contract says so: `dativo.contract` = fingerprint in the metadata of its schema.
 *     Credentials are never repeated in an error.
 *  9. A decoder is a transform from {bytes: binary}, an encoder one to it.
 * 10. plan, check, discover, compare and estimate may be called before open; each split has a handle of its own.
 */
#ifndef DATIVO_PLUGIN_H
#define DATIVO_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DATIVO_ABI_VERSION 2

/* In front of what a library exports. */
#ifdef _WIN32
#define DATIVO_EXPORT __declspec(dllexport)
#else
#define DATIVO_EXPORT __attribute__((visibility("default")))
#endif

/* https://arrow.apache.org/docs/format/CDataInterface.html */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};
#endif

/* https://arrow.apache.org/docs/format/CStreamInterface.html */
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out); /* 0 or an error number of the system */
  int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);    /* at the end, out->release is NULL */
  const char *(*get_last_error)(struct ArrowArrayStream *);              /* UTF-8, valid until the next call; or NULL */
  void (*release)(struct ArrowArrayStream *);
  void *private_data;
};
#endif

/* What calls return. A plugin may return others below zero; they mean DTV_FAILED. */
enum {
  DTV_OK = 0,
  DTV_END = 1, /* of the data; also "done" and "no" */
  DTV_MORE = 2, /* a transform needs more input */
  DTV_FAILED = -1,
  DTV_CONFIG = -2,
  DTV_NOT_FOUND = -3,
  DTV_PERMISSION = -4,
  DTV_DATA = -5,
  DTV_IO = -6,
  DTV_NETWORK = -7,
  DTV_LIMIT = -8,
  DTV_SCHEMA_CHANGED = -9,
  DTV_CONFLICT = -10,
  DTV_OUTCOME_UNKNOWN = -11,
  DTV_CANCELLED = -125,
  DTV_PANIC = -127
};

/* What create_x_kind gives; for a writer, added to its kind, what the host must know before it makes one. */
enum { DTV_KIND_READER = 1, DTV_KIND_TRANSFORM = 2, DTV_KIND_WRITER = 3, DTV_KIND_STREAM = 4 /* ArrowArrayStream */ };

enum {
  DTV_WRITER_COMMITS = 0x100, /* commit is there: the writer makes visible by itself what it staged */
  DTV_WRITER_ANSWERS = 0x200, /* committed is there */
  DTV_WRITER_VOLATILE = 0x400 /* durable_staging is 0 */
};

/* Memory of the host, filled by the plugin. Texts are UTF-8, end with NUL and are cut between characters. */
typedef struct dtv_error {
  uint32_t size;
  int32_t code;
  int32_t retryable;
  char message[1024];
  char detail_json[3072];
} dtv_error;

/* Memory of the host; it outlives the call. */
typedef struct dtv_call {
  uint32_t size;
  const volatile int32_t *cancel; /* *cancel != 0: return DTV_CANCELLED within a second */
  int64_t deadline_ms;            /* milliseconds left, -1 for none */
} dtv_call;

typedef struct dtv_batch {
  uint32_t size;
  struct ArrowArray rows, rejects; /* struct arrays; release == NULL means none */
  const uint8_t *position;         /* UTF-8 JSON of at most 64 KiB, valid until the next call on the handle */
  uint64_t position_len;
  uint64_t rows_read, rows_filtered, bytes_in;
  const uint8_t *warnings;         /* UTF-8 JSON array of sentences for the user, NULL for none; valid like position */
  uint64_t warnings_len;
} dtv_batch;

/* Texts that a plugin returns through char ** go back to it through free_string. */

typedef struct dtv_reader {
  uint32_t size;
  void *self;
  /* wanted, position_json and split_json may be NULL */
  int32_t (*open)(void *self, const dtv_call *, const struct ArrowSchema *wanted, const char *position_json,
                  const char *split_json, struct ArrowSchema *schema_out, dtv_error *);
  int32_t (*next)(void *self, const dtv_call *, dtv_batch *out, dtv_error *); /* DTV_OK: a batch */
  /* optional, NULL where a plugin has none */
  int32_t (*plan)(void *self, const dtv_call *, char **splits_json, dtv_error *);
  int32_t (*check)(void *self, const dtv_call *, char **json, dtv_error *);
  int32_t (*discover)(void *self, const dtv_call *, char **json, dtv_error *);
  int32_t (*compare)(void *self, const dtv_call *, const char *a, const char *b, int32_t *order, dtv_error *);
  int32_t (*estimate)(void *self, const dtv_call *, int64_t *rows, dtv_error *);
  void (*free_string)(void *self, char *);
  void (*release)(void *self);
} dtv_reader;

typedef struct dtv_transform {
  uint32_t size;
  void *self;
  /* once per input: again after flush has returned DTV_END */
  int32_t (*open)(void *self, const dtv_call *, const struct ArrowSchema *in, struct ArrowSchema *out, dtv_error *);
  /* in == NULL: more of the last. DTV_OK: out is filled, call again with NULL; DTV_MORE: needs input */
  int32_t (*apply)(void *self, const dtv_call *, dtv_batch *in, dtv_batch *out, dtv_error *);
  int32_t (*flush)(void *self, const dtv_call *, dtv_batch *out, dtv_error *); /* DTV_OK: call again; DTV_END */
  void (*release)(void *self);
} dtv_transform;

typedef struct dtv_writer {
  uint32_t size;
  void *self;
  uint32_t durable_staging; /* 0: what is staged dies with the process */
  int32_t (*open)(void *self, const dtv_call *, const struct ArrowSchema *in, dtv_error *);
  int32_t (*write)(void *self, const dtv_call *, dtv_batch *in, char **files_json, dtv_error *);
  int32_t (*seal)(void *self, const dtv_call *, char **files_json, dtv_error *);
  /*
   * Optional: without commit the host publishes the files that write and seal name. None of them needs open or write
   * before it: after a crash they are called on a new object. files_json is what write and seal gave; token_json is
   * {job_key, seq, run_id} and names one commit; result_json is {status, files_added, total_records, run_id}, where
   * run_id is the run that the target has the commit from. A commit that has happened is not repeated.
   */
  int32_t (*commit)(void *self, const dtv_call *, const char *files_json, const char *token_json, char **result_json,
                    dtv_error *);
  /* DTV_OK: yes; DTV_END: no; below zero: not known */
  int32_t (*committed)(void *self, const dtv_call *, const char *token_json, char **result_json, dtv_error *);
  int32_t (*abort)(void *self, const dtv_call *, const char *files_json, dtv_error *);
  int32_t (*check)(void *self, const dtv_call *, char **json, dtv_error *);
  void (*free_string)(void *self, char *);
  void (*release)(void *self);
} dtv_writer;

/*
 * A library exports
 *
 *   uint32_t dativo_abi_version(void);
 *   int32_t  create_x(uint32_t host_abi, const char *config_json, void *out, dtv_error *);
 *   uint32_t create_x_kind(void);
 *
 * where out is a dtv_reader, dtv_transform or dtv_writer whose size the host has filled, or for DTV_KIND_STREAM a
 * struct ArrowArrayStream: a reader whose schema is a struct of the columns. It has one split, no positions, no rejects,
 * and cannot be cancelled in the middle of a call.
 */

#ifdef __cplusplus
}
#endif
#endif
