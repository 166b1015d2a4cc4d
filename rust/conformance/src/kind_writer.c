#include "check.h"
#include "dativo_json.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CHECK, OPEN, WRITE, SEAL, BEFORE, COMMIT, AFTER, DONE };

static const char TOKEN[] = "{\"job_key\":\"conformance\",\"seq\":1,\"run_id\":\"conformance-run\"}";

/* What makes visible, or takes back, is never cancelled. */
static const dtv_call *calm(struct session *session) {
  static const int32_t never = 0;
  memcpy(session->calm, session->call, session->sizes.call);
  session->calm->cancel = &never;
  return session->calm;
}

/* One more array of files behind those that are known. */
static void add_files(struct session *session, char *json) {
  const char *start = dtv_json_value(json);
  HOLDS(*start == '[', "%s: files are not an array: %s", session->verb, json);
  for (const char *file = dtv_json_first(start); file; file = dtv_json_next(file)) {
    char path[4096];
    struct stat facts;
    int64_t size, rows;
    HOLDS(dtv_json_text(dtv_json_member(file, "path"), path, sizeof path) > 0, "%s: a file has no path", session->verb);
    HOLDS(!dtv_json_integer(dtv_json_member(file, "size_bytes"), &size) || stat(path, &facts) != 0 || facts.st_size == size,
          "%s: %s is said to have %lld bytes and has %lld", session->verb, path, (long long)size, (long long)facts.st_size);
    if (dtv_json_integer(dtv_json_member(file, "record_count"), &rows)) session->digest.rows += rows;
    else session->recorded = -1;
    size_t length = (size_t)(dtv_json_end(file) - file), known = session->files ? strlen(session->files) : 0;
    session->files = need_more(session->files, known + length + 3);
    sprintf(session->files + (known > 0 ? known - 1 : 0), "%c%.*s]", known > 0 ? ',' : '[', (int)length, file);
    session->batches++;
  }
  free(json);
}

static int32_t files_of(struct session *session, int32_t code, char *text, dtv_writer *writer) {
  HOLDS(code <= DTV_END, "%s: returns %d, which means nothing here", session->verb, code);
  HOLDS(code == DTV_OK || !text, "%s: returns %d and names files", session->verb, code);
  if (text) add_files(session, take_json(session, text, writer->free_string, writer->self));
  return code;
}

/* The engine promises by the kind, before there is an object; what the object then has must agree. */
static void check_traits(const struct session *session, const dtv_writer *writer) {
  uint32_t traits = session->plugin->traits;
  HOLDS(!writer->commit == !(traits & DTV_WRITER_COMMITS), "commit and DTV_WRITER_COMMITS do not agree");
  HOLDS(!writer->committed == !(traits & DTV_WRITER_ANSWERS), "committed and DTV_WRITER_ANSWERS do not agree");
  HOLDS(!writer->durable_staging == !!(traits & DTV_WRITER_VOLATILE), "durable_staging and DTV_WRITER_VOLATILE do not agree");
}

static int32_t open(struct session *session, dtv_writer *writer) {
  session->verb = "open";
  HOLDS(writer->open && writer->write && writer->release, "the writer lacks open, write or release");
  check_traits(session, writer);
  int32_t code = writer->open(writer->self, session->call, session->input->schema, session->error);
  HOLDS(code <= 0, "open: returns %d, which means nothing here", code);
  return code;
}

static int32_t write_batch(struct session *session, dtv_writer *writer) {
  session->verb = "write";
  memset(session->in, 0, session->sizes.batch);
  session->in->size = session->sizes.batch;
  session->input->fill(session->batch++, &session->in->rows);
  int64_t rows = session->in->rows.length;
  char *text = NULL;
  int32_t code = writer->write(writer->self, session->call, session->in, &text, session->error);
  if (session->in->rows.release) release_array(&session->in->rows, "the input");
  if (session->recorded >= 0) session->recorded += rows;
  return files_of(session, code, text, writer);
}

static int32_t seal(struct session *session, dtv_writer *writer) {
  session->verb = "seal";
  char *text = NULL;
  int32_t code = writer->seal(writer->self, session->call, &text, session->error);
  code = files_of(session, code, text, writer);
  HOLDS(code < 0 || session->recorded < 0 || session->recorded == session->digest.rows,
        "seal: %lld records were written, and the files say %lld", (long long)session->recorded,
        (long long)session->digest.rows);
  return code;
}

static const char *files(const struct session *session) { return session->files ? session->files : "[]"; }

static int32_t commit(struct session *session, dtv_writer *writer) {
  session->verb = "commit";
  char *text = NULL;
  int32_t code = writer->commit(writer->self, calm(session), files(session), TOKEN, &text, session->error);
  if (text) free(take_json(session, text, writer->free_string, writer->self));
  return code;
}

static int32_t committed(struct session *session, dtv_writer *writer, int32_t expected) {
  session->verb = "committed";
  char *text = NULL;
  int32_t code = writer->committed(writer->self, session->call, TOKEN, &text, session->error);
  if (text) free(take_json(session, text, writer->free_string, writer->self));
  HOLDS(code < 0 || code == expected, "committed: says %s %s the commit", code == DTV_OK ? "yes" : "no",
        expected == DTV_OK ? "after" : "before");
  return code;
}

static int32_t step_writer(struct session *session) {
  dtv_writer *writer = session->object;
  for (;; session->stage++) switch (session->stage) {
      case CHECK:
        if (!writer->check) continue;
        session->stage++;
        return ask(session, "check", writer->check, writer->free_string, writer->self, NULL);
      case OPEN:
        session->stage++;
        return open(session, writer);
      case WRITE:
        if (session->batch == session->input->batches) continue;
        return write_batch(session, writer);
      case SEAL:
        session->stage++;
        session->is_done = !writer->commit;
        if (writer->seal) return seal(session, writer);
        return DTV_OK;
      case BEFORE:
      case AFTER:
        if (!writer->committed) {
          session->is_done = session->stage == AFTER;
          if (session->is_done) return DTV_OK;
          continue;
        }
        session->stage++;
        session->is_done = session->stage == DONE;
        return committed(session, writer, session->is_done ? DTV_OK : DTV_END);
      default:
        session->stage++;
        return commit(session, writer);
    }
}

static bool is_made(const struct session *session) { return ((dtv_writer *)session->object)->self != NULL; }

/* What was staged and not committed is taken back first. */
static void release(struct session *session) {
  dtv_writer *writer = session->object;
  if (writer->abort && session->stage > OPEN && session->stage <= COMMIT)
    writer->abort(writer->self, calm(session), files(session), session->error);
  writer->release(writer->self);
}

const struct kind WRITER = {"writer", sizeof(dtv_writer), true, true, step_writer, is_made, release};
