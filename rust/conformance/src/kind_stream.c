#include "check.h"
#include "session.h"

#include <string.h>

enum { SCHEMA, NEXT, AT_END };

/* A stream has no dtv_error; its sentence goes where the others have theirs. */
static int32_t fail(struct session *session, struct ArrowArrayStream *stream, int code) {
  HOLDS(code > 0, "%s: returns %d, which is no error number", session->verb, code);
  const char *text = stream->get_last_error(stream);
  HOLDS(!text || (is_utf8(text, strlen(text)) && !strstr(text, SECRET)), "%s: the error is not UTF-8, or repeats a credential",
        session->verb);
  strncpy(session->error->message, text ? text : strerror(code), sizeof session->error->message - 1);
  return -code;
}

static int32_t get_schema(struct session *session, struct ArrowArrayStream *stream) {
  session->verb = "get_schema";
  int code = stream->get_schema(stream, &session->schema);
  if (code != 0) return fail(session, stream, code);
  HOLDS(session->schema.release && strcmp(session->schema.format, "+s") == 0, "get_schema: gives no struct of columns");
  check_schema(&session->schema, "get_schema");
  return 0;
}

static int32_t get_next(struct session *session, struct ArrowArrayStream *stream) {
  session->verb = "get_next";
  prepare_out(session);
  /* What was there before must not be taken for an end. */
  struct ArrowArray *rows = &session->out->rows;
  memset(rows, 0x5a, sizeof *rows);
  int code = stream->get_next(stream, rows);
  if (code != 0) rows->release = NULL;
  if (code != 0) return fail(session, stream, code);
  if (rows->release) {
    take_batch(session);
    return DTV_OK;
  }
  return DTV_END;
}

static int32_t step_stream(struct session *session) {
  struct ArrowArrayStream *stream = session->object;
  if (session->stage == SCHEMA) {
    HOLDS(stream->get_schema && stream->get_next && stream->get_last_error, "the stream lacks a function");
    session->stage = NEXT;
    return get_schema(session, stream);
  }
  int32_t code = get_next(session, stream);
  HOLDS(session->stage == NEXT || code != DTV_OK, "get_next: gives a batch after the end");
  if (code == DTV_END) session->is_done = session->stage++ == AT_END;
  return code;
}

static bool is_made(const struct session *session) { return ((struct ArrowArrayStream *)session->object)->release != NULL; }

static void release(struct session *session) {
  struct ArrowArrayStream *stream = session->object;
  stream->release(stream);
  HOLDS(!stream->release, "release() of the stream does not leave NULL in its place");
}

const struct kind STREAM = {"stream", sizeof(struct ArrowArrayStream), false, false, step_stream, is_made, release};
