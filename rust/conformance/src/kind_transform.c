#include "check.h"
#include "session.h"

#include <string.h>

enum { OPEN, INPUT, MORE, FLUSH };

static int32_t open(struct session *session, dtv_transform *transform) {
  session->verb = "open";
  HOLDS(transform->open && transform->apply && transform->flush && transform->release,
        "the transform lacks open, apply, flush or release");
  int32_t code = transform->open(transform->self, session->call, session->input->schema, &session->schema, session->error);
  HOLDS(code <= 0, "open: returns %d, which means nothing here", code);
  HOLDS((code == 0) == (session->schema.release != NULL), "open: returns %d and gives %s schema", code,
        session->schema.release ? "a" : "no");
  if (code == 0) check_schema(&session->schema, "open");
  return code;
}

static int32_t took(struct session *session, int32_t code) {
  /* Who takes an array leaves NULL; what was not taken is still the host's. */
  if (session->in->rows.release) release_array(&session->in->rows, "the input");
  if (code == DTV_OK) take_batch(session);
  else check_no_batch(session);
  return code;
}

static int32_t apply(struct session *session, dtv_transform *transform, dtv_batch *in) {
  session->verb = "apply";
  prepare_out(session);
  int32_t code = transform->apply(transform->self, session->call, in, session->out, session->error);
  HOLDS(code <= 0 || code == DTV_MORE, "apply: returns %d, which means nothing here", code);
  return took(session, code);
}

static int32_t flush(struct session *session, dtv_transform *transform) {
  session->verb = "flush";
  prepare_out(session);
  int32_t code = transform->flush(transform->self, session->call, session->out, session->error);
  HOLDS(code <= DTV_END, "flush: returns %d, which means nothing here", code);
  return took(session, code);
}

static int32_t step_transform(struct session *session) {
  dtv_transform *transform = session->object;
  int32_t code;
  if (session->stage == INPUT && session->batch == session->input->batches) session->stage = FLUSH;
  switch (session->stage) {
    case OPEN:
      session->stage = INPUT;
      return open(session, transform);
    case INPUT:
      memset(session->in, 0, session->sizes.batch);
      session->in->size = session->sizes.batch;
      session->input->fill(session->batch++, &session->in->rows);
      code = apply(session, transform, session->in);
      session->stage = code == DTV_OK ? MORE : INPUT;
      return code;
    case MORE:
      code = apply(session, transform, NULL);
      if (code == DTV_MORE) session->stage = INPUT;
      return code;
    default:
      code = flush(session, transform);
      session->is_done = code == DTV_END;
      return code;
  }
}

static bool is_made(const struct session *session) { return ((dtv_transform *)session->object)->self != NULL; }

static void release(struct session *session) {
  dtv_transform *transform = session->object;
  transform->release(transform->self);
}

const struct kind TRANSFORM = {"transform", sizeof(dtv_transform), true, true, step_transform, is_made, release};
