#include "session.h"

#include "arrow_make.h"
#include "check.h"
#include "dativo_json.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The host's dtv_batch before warnings were added. */
enum { BATCH_WITHOUT_WARNINGS = offsetof(dtv_batch, warnings) };

struct sizes own_sizes(const struct kind *kind) {
  return (struct sizes){(uint32_t)kind->table_size, sizeof(dtv_error), sizeof(dtv_call), sizeof(dtv_batch)};
}

struct session *new_session(const struct plugin *plugin, const struct input *input) {
  return new_session_of(plugin, input, own_sizes(plugin->kind));
}

struct session *new_session_of(const struct plugin *plugin, const struct input *input, struct sizes sizes) {
  struct session *session = need(sizeof *session);
  session->plugin = plugin;
  session->input = input;
  session->sizes = sizes;
  session->object = fence(sizes.table);
  session->error = fence(sizes.error);
  session->call = fence(sizes.call);
  session->calm = fence(sizes.call);
  session->in = fence(sizes.batch);
  session->out = fence(sizes.batch);
  session->verb = "the factory";
  session->call->size = sizes.call;
  session->call->cancel = &session->cancel;
  if (sizes.call >= sizeof(dtv_call)) session->call->deadline_ms = -1;
  session->error->size = sizes.error;
  return session;
}

/* ---- configurations ---- */

static char *replace(char *text, const char *mark, const char *value) {
  for (char *at; (at = strstr(text, mark));) {
    char *longer = need(strlen(text) + strlen(value) + 1);
    sprintf(longer, "%.*s%s%s", (int)(at - text), text, value, at + strlen(mark));
    free(text);
    text = longer;
  }
  return text;
}

static char *expand(struct session *session, const char *config) {
  char *text = replace(need_copy(config), SECRET_MARK, SECRET);
  if (!strstr(text, OUTPUT_MARK)) return text;
  const char *temp = getenv("TMPDIR");
  session->output = need(strlen(temp ? temp : "/tmp") + 32);
  sprintf(session->output, "%s/dativo-conformance-XXXXXX", temp ? temp : "/tmp");
  HOLDS(mkdtemp(session->output), "the host cannot make a folder below %s", temp ? temp : "/tmp");
  return replace(text, OUTPUT_MARK, session->output);
}

static int remove_entry(const char *path, const struct stat *facts, int flag, struct FTW *at) {
  (void)facts, (void)flag, (void)at;
  return remove(path);
}

void remove_folder(const char *folder) { nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

/* ---- errors ---- */

static void check_text(const struct session *session, const char *what, const char *text, size_t room) {
  HOLDS(memchr(text, '\0', room), "%s: the %s does not end with NUL", session->verb, what);
  HOLDS(is_utf8(text, strlen(text)), "%s: the %s is not UTF-8", session->verb, what);
  HOLDS(!strstr(text, SECRET), "%s: the %s repeats a credential", session->verb, what);
}

static void check_error(const struct session *session, int32_t code) {
  const dtv_error *error = session->error;
  HOLDS(error->size == session->sizes.error, "%s: the size of dtv_error is changed", session->verb);
  check_text(session, "message", error->message, sizeof error->message);
  HOLDS(error->message[0], "%s: returns %d without a message", session->verb, code);
  if (session->sizes.error < sizeof *error) return;
  check_text(session, "detail", error->detail_json, sizeof error->detail_json);
  HOLDS(!error->detail_json[0] || dtv_json_value(error->detail_json), "%s: detail_json is not JSON: %s", session->verb,
        error->detail_json);
}

static void clear_error(struct session *session) {
  memset((char *)session->error + sizeof session->error->size, 0, session->sizes.error - sizeof session->error->size);
}

/* ---- calls ---- */

int32_t make(struct session *session, uint32_t host_abi, const char *config) {
  char *text = config ? expand(session, config) : NULL;
  clear_error(session);
  if (session->plugin->kind->has_calls) memcpy(session->object, &session->sizes.table, sizeof session->sizes.table);
  int32_t code = session->plugin->create(host_abi, text, session->object, session->error);
  HOLDS(code <= 0, "the factory returns %d, which means nothing of a factory", code);
  if (code < 0) {
    check_error(session, code);
    HOLDS(!session->plugin->kind->is_made(session), "the factory returns %d and leaves a handle", code);
    session->is_done = true;
  } else HOLDS(session->plugin->kind->is_made(session), "the factory returns 0 and leaves no handle");
  free(text);
  return code;
}

int32_t step(struct session *session) {
  clear_error(session);
  session->calls++;
  int32_t code = session->plugin->kind->step(session);
  HOLDS(session->call->cancel == &session->cancel, "%s: dtv_call is changed", session->verb);
  if (code < 0 && session->plugin->kind->has_calls) check_error(session, code);
  if (code < 0) session->is_done = true;
  return code;
}

void run_to_end(struct session *session, const char *config) {
  int32_t code = make(session, DATIVO_ABI_VERSION, config);
  HOLDS(code == DTV_OK, "the factory refuses the configuration: %s", session->error->message);
  while (!session->is_done) {
    code = step(session);
    HOLDS(code >= 0, "call %lld, %s, fails with %d: %s", (long long)session->calls, session->verb, code,
          session->error->message);
  }
}

static void free_positions(struct session *session) {
  for (int i = 0; i < session->position_count; i++) free(session->positions[i].json);
  free(session->positions);
}

/* ---- the end ---- */

static void release_handle(struct session *session) {
  const struct kind *kind = session->plugin->kind;
  if (kind->is_made(session) && !session->is_released) kind->release(session);
  session->is_released = true;
}

static void read_kept(struct session *session) {
  for (int64_t i = 0; i < session->kept_count; i++) {
    read_batch(&session->schema, &session->kept[i], &session->digest, "a batch whose handle is gone");
    release_array(&session->kept[i], "a batch whose handle is gone");
  }
  session->kept_count = 0;
}

void release_and_read(struct session *session) {
  release_handle(session);
  read_kept(session);
}

void end_session(struct session *session) {
  release_and_read(session);
  if (session->schema.release) {
    session->schema.release(&session->schema);
    HOLDS(!session->schema.release, "release() of a schema does not leave NULL in its place");
  }
  if (session->output) remove_folder(session->output);
  fence_free(session->object, session->sizes.table);
  fence_free(session->error, session->sizes.error);
  fence_free(session->call, session->sizes.call);
  fence_free(session->calm, session->sizes.call);
  fence_free(session->in, session->sizes.batch);
  fence_free(session->out, session->sizes.batch);
  free_positions(session);
  free_digest(&session->digest);
  free(session->output);
  free(session->splits);
  free(session->files);
  free(session->kept);
  free(session);
}

void check_nothing_held(void) {
  HOLDS(live_arrays() == 0, "%d arrays that were handed over are not released when the handle is", live_arrays());
  forget_arrays();
}

/* ---- batches ---- */

static const struct ArrowSchema *reject_schema(void) {
  static const char *const names[] = {"source", "row",    "line", "offset", "length",
                                      "raw",    "column", "rule", "reason"};
  static const char *const formats[] = {"u", "L", "L", "L", "L", "z", "u", "u", "u"};
  static struct column columns[9];
  static const struct ArrowSchema *schema;
  for (int i = 0; !schema && i < 9; i++) {
    strcpy(columns[i].name, names[i]);
    strcpy(columns[i].format, formats[i]);
  }
  if (!schema) schema = lent_schema(columns, 9);
  return schema;
}

void prepare_out(struct session *session) {
  memset(session->out, 0, session->sizes.batch);
  session->out->size = session->sizes.batch;
}

void check_no_batch(struct session *session) {
  HOLDS(!session->out->rows.release && !session->out->rejects.release, "%s: gives a batch with a code that says none",
        session->verb);
}

static void take_texts(struct session *session) {
  const dtv_batch *out = session->out;
  if (out->position) {
    HOLDS(out->position_len <= 65536, "%s: the position has %llu bytes, more than 64 KiB", session->verb,
          (unsigned long long)out->position_len);
    char *json = need(out->position_len + 1);
    memcpy(json, out->position, out->position_len);
    HOLDS(is_utf8(json, out->position_len) && dtv_json_value(json), "%s: the position is not JSON: %s", session->verb,
          json);
    size_t room = (size_t)(session->position_count + 1) * sizeof session->positions[0];
    session->positions = need_more(session->positions, room);
    session->positions[session->position_count++] =
        (struct position){json, session->digest.rows};
  }
  if (session->sizes.batch <= BATCH_WITHOUT_WARNINGS || !out->warnings) return;
  char *json = need(out->warnings_len + 1);
  memcpy(json, out->warnings, out->warnings_len);
  const char *warnings = dtv_json_value(json);
  HOLDS(warnings && *warnings == '[', "%s: warnings are not a JSON array: %s", session->verb, json);
  free(json);
}

static void take_rejects(struct session *session) {
  struct ArrowArray *rejects = &session->out->rejects;
  if (!rejects->release) return;
  struct digest digest = {0};
  read_batch(reject_schema(), rejects, &digest, "rejects");
  session->rejects += digest.rows;
  free_digest(&digest);
  release_array(rejects, "rejects");
}

void take_batch(struct session *session) {
  HOLDS(session->out->size == session->sizes.batch, "%s: the size of dtv_batch is changed", session->verb);
  struct ArrowArray *rows = &session->out->rows;
  if (rows->release && session->keeps) {
    session->kept = need_more(session->kept, (size_t)(session->kept_count + 1) * sizeof session->kept[0]);
    session->kept[session->kept_count++] = *rows;
    session->batches++;
  } else if (rows->release) {
    read_batch(&session->schema, rows, &session->digest, session->verb);
    release_array(rows, session->verb);
    session->batches++;
  }
  take_rejects(session);
  take_texts(session);
}

/* ---- texts ---- */

char *take_json(struct session *session, char *text, void (*free_string)(void *, char *), void *self) {
  HOLDS(text, "%s: says that it gives a text and gives none", session->verb);
  HOLDS(is_utf8(text, strlen(text)) && dtv_json_value(text), "%s: gives a text that is not JSON: %s", session->verb, text);
  char *copy = need_copy(text);
  HOLDS(free_string, "%s: gives a text, and there is no free_string", session->verb);
  free_string(self, text);
  return copy;
}

int32_t ask(struct session *session, const char *verb,
            int32_t (*function)(void *, const dtv_call *, char **, dtv_error *), void (*free_string)(void *, char *),
            void *self, char **into) {
  session->verb = verb;
  char *text = NULL;
  int32_t code = function(self, session->call, &text, session->error);
  HOLDS(code <= DTV_END, "%s: returns %d, which means nothing here", verb, code);
  if (code != DTV_OK) {
    HOLDS(!text, "%s: returns %d and gives a text", verb, code);
    return code;
  }
  char *json = take_json(session, text, free_string, self);
  if (into) *into = json;
  else free(json);
  return code;
}
