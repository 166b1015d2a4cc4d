#include "check.h"
#include "dativo_json.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

enum { PLAN, CHECK, DISCOVER, ESTIMATE, OPEN, NEXT, AT_END, AT_END_STILL };

static int32_t estimate(struct session *session, dtv_reader *reader) {
  session->verb = "estimate";
  int64_t rows = INT64_MIN;
  int32_t code = reader->estimate(reader->self, session->call, &rows, session->error);
  HOLDS(code <= DTV_END, "estimate: returns %d, which means nothing here", code);
  HOLDS(code != DTV_OK || rows >= 0, "estimate: says nothing, or %lld records", (long long)rows);
  return code;
}

/* The first of the splits, when no other was asked for; a reader without splits has one, which is not named. */
static const char *chosen_split(const struct session *session, char **copy) {
  *copy = NULL;
  const char *first = dtv_json_first(dtv_json_value(session->splits));
  if (session->split || !first) return session->split;
  size_t length = (size_t)(dtv_json_end(first) - first);
  *copy = need(length + 1);
  return memcpy(*copy, first, length);
}

static int32_t open(struct session *session, dtv_reader *reader) {
  session->verb = "open";
  char *copy;
  const char *split = chosen_split(session, &copy);
  int32_t code = reader->open(reader->self, session->call, session->wanted, session->position, split, &session->schema,
                              session->error);
  free(copy);
  HOLDS(code <= 0, "open: returns %d, which means nothing here", code);
  HOLDS((code == 0) == (session->schema.release != NULL), "open: returns %d and gives %s schema", code,
        session->schema.release ? "a" : "no");
  if (code == 0) {
    HOLDS(session->schema.format && strcmp(session->schema.format, "+s") == 0, "open: the schema is not a struct of columns");
    check_schema(&session->schema, "open");
  }
  return code;
}

static int32_t next(struct session *session, dtv_reader *reader) {
  session->verb = "next";
  prepare_out(session);
  int32_t code = reader->next(reader->self, session->call, session->out, session->error);
  HOLDS(code <= DTV_END, "next: returns %d, which means nothing here", code);
  if (code == DTV_OK) take_batch(session);
  else check_no_batch(session);
  return code;
}

static int32_t step_reader(struct session *session) {
  dtv_reader *reader = session->object;
  for (;;) switch (session->stage++) {
      case PLAN:
        if (reader->plan) return ask(session, "plan", reader->plan, reader->free_string, reader->self, &session->splits);
        break;
      case CHECK:
        if (reader->check) return ask(session, "check", reader->check, reader->free_string, reader->self, NULL);
        break;
      case DISCOVER:
        if (reader->discover) return ask(session, "discover", reader->discover, reader->free_string, reader->self, NULL);
        break;
      case ESTIMATE:
        if (reader->estimate) return estimate(session, reader);
        break;
      case OPEN:
        HOLDS(reader->open && reader->next && reader->release, "the reader lacks open, next or release");
        return open(session, reader);
      default: {
        /* The end stays the end. */
        int32_t code = next(session, reader);
        HOLDS(session->stage <= NEXT + 1 || code != DTV_OK, "next: gives a batch after the end");
        if (code == DTV_OK) session->stage = NEXT;
        session->is_done = session->stage > AT_END;
        return code;
      }
    }
}

static bool is_made(const struct session *session) { return ((dtv_reader *)session->object)->self != NULL; }

static void release(struct session *session) {
  dtv_reader *reader = session->object;
  reader->release(reader->self);
}

const struct kind READER = {"reader", sizeof(dtv_reader), true, false, step_reader, is_made, release};
