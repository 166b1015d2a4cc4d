/*
 * One handle of a plugin from its factory to its release, call by call. Every call is held to what dativo_plugin.h says of
 * it; what differs between readers, transforms, writers and streams is behind `struct kind`.
 */
#ifndef SESSION_H
#define SESSION_H

#include "arrow_walk.h"
#include "dativo_plugin.h"

#include <stdbool.h>
#include <stddef.h>

/* Stands in configurations for a fresh folder, and for a text that no error may repeat. */
#define OUTPUT_MARK "$OUTPUT"
#define SECRET_MARK "$SECRET"
#define SECRET "dativo-conformance-secret"

struct session;

struct kind {
  const char *name;
  size_t table_size;
  bool has_calls; /* takes a dtv_call: can be cancelled */
  bool has_input;
  /* The next call of a whole run; sets `verb`, and `is_done` at the end. */
  int32_t (*step)(struct session *);
  /* Whether the factory has left a handle, and giving it back. */
  bool (*is_made)(const struct session *);
  void (*release)(struct session *);
};

extern const struct kind READER, TRANSFORM, WRITER, STREAM;

typedef int32_t (*factory_fn)(uint32_t host_abi, const char *config_json, void *out, dtv_error *);

struct plugin {
  factory_fn create;
  const struct kind *kind;
  uint32_t traits; /* what `<symbol>_kind` says besides the kind */
};

/* Sizes that the host says its structs have. */
struct sizes {
  uint32_t table, error, call, batch;
};

/* What goes into a transform or a writer. */
struct input {
  const struct ArrowSchema *schema;
  int batches;
  void (*fill)(int batch, struct ArrowArray *out);
};

/* Positions of a reader, with the records that were read up to there. */
struct position {
  char *json;
  int64_t rows;
};

struct session {
  const struct plugin *plugin;
  struct sizes sizes;
  void *object;     /* dtv_reader, dtv_transform, dtv_writer or ArrowArrayStream */
  dtv_error *error; /* these end at a fence: what is beyond their size does not exist */
  dtv_call *call, *calm;
  dtv_batch *in, *out;
  volatile int32_t cancel;

  const struct input *input;
  const char *position, *split; /* that a reader is opened with */
  const struct ArrowSchema *wanted;
  bool keeps; /* batches are read when the handle is gone */

  /* The script. */
  int stage, batch;
  const char *verb;
  bool is_done;
  char *output;

  /* What came of it. */
  struct ArrowSchema schema;
  struct digest digest;
  int64_t calls, batches, rejects, recorded;
  struct position *positions;
  int position_count;
  char *splits, *files;
  struct ArrowArray *kept;
  int64_t kept_count;
  bool is_released;
};

/* A session of the host's own sizes, not made yet. */
struct session *new_session(const struct plugin *plugin, const struct input *input);
struct session *new_session_of(const struct plugin *plugin, const struct input *input, struct sizes sizes);
struct sizes own_sizes(const struct kind *kind);

/* Calls the factory. Below zero: refused, and the error is as it must be. `config` may be NULL. */
int32_t make(struct session *session, uint32_t host_abi, const char *config);
/* The next call. Below zero: it failed, and the error is as it must be. */
int32_t step(struct session *session);
/* Makes it, and calls until the end. Any error breaks the behaviour. */
void run_to_end(struct session *session, const char *config);
/* Gives the handle back, then reads what was kept. */
void release_and_read(struct session *session);
/* The same, where it has not been done, and ends the session. */
void end_session(struct session *session);
/* That nothing of the host's is still held by the library. */
void check_nothing_held(void);

void remove_folder(const char *folder);

/* For the kinds: reads a dtv_batch that a call has filled, and gives it back. */
void take_batch(struct session *session);
void prepare_out(struct session *session);
void check_no_batch(struct session *session);
/* Takes a JSON text over, checks it, and gives a copy; the library gets its own back. */
char *take_json(struct session *session, char *text, void (*free_string)(void *, char *), void *self);
/* A call of the form that has only a JSON text to give; the text goes to `into` when that is not NULL. */
int32_t ask(struct session *session, const char *verb,
            int32_t (*function)(void *, const dtv_call *, char **, dtv_error *), void (*free_string)(void *, char *),
            void *self, char **into);

#endif
