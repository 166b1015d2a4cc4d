#include "behaviours.h"

#include "allocations.h"
#include "arrow_make.h"
#include "check.h"
#include "dativo_json.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct session *begin(void) { return new_session(&settings.plugin, &settings.input); }

static void finish(struct session *session) {
  end_session(session);
  check_nothing_held();
}

static struct session *finished(void) {
  struct session *session = begin();
  run_to_end(session, settings.config);
  return session;
}

/* ---- to the end ---- */

static void run_every_split(void) {
  struct session *session = finished();
  int64_t rows = session->digest.rows, batches = session->batches, rejects = session->rejects, splits = 1;
  char *names = session->splits ? need_copy(session->splits) : NULL;
  int64_t calls = session->calls;
  finish(session);
  const char *first = dtv_json_first(dtv_json_value(names));
  for (const char *split = first ? dtv_json_next(first) : NULL; split; split = dtv_json_next(split), splits++) {
    char *text = need_copy(split);
    text[dtv_json_end(split) - split] = '\0';
    session = begin();
    session->split = text;
    run_to_end(session, settings.config);
    rows += session->digest.rows, batches += session->batches, rejects += session->rejects, calls += session->calls;
    finish(session);
    free(text);
  }
  free(names);
  note("%lld calls, %lld %s, %lld records, %lld rejects, %lld %s", (long long)calls, (long long)batches,
       settings.plugin.kind == &WRITER ? "files" : "batches", (long long)rows, (long long)rejects, (long long)splits,
       splits == 1 ? "split" : "splits");
}

static void *step_once(void *session) {
  int32_t code = step(session);
  HOLDS(code >= 0, "%s fails on another thread with %d", ((struct session *)session)->verb, code);
  return NULL;
}

static void call_from_many_threads(void) {
  struct session *one = finished(), *other = begin();
  HOLDS(make(other, DATIVO_ABI_VERSION, settings.config) == DTV_OK, "the factory refuses what it took before");
  while (!other->is_done) {
    pthread_t thread;
    HOLDS(pthread_create(&thread, NULL, step_once, other) == 0, "the host cannot make a thread");
    pthread_join(thread, NULL);
  }
  HOLDS(same_digest(&one->digest, &other->digest), "other records come when each call is on a thread of its own");
  note("%lld calls, each on a thread of its own", (long long)other->calls);
  finish(one);
  finish(other);
}

static void keep_batches(void) {
  struct session *whole = finished(), *session = begin();
  session->keeps = true;
  run_to_end(session, settings.config);
  release_and_read(session);
  HOLDS(same_digest(&whole->digest, &session->digest), "batches hold other records when their handle is gone");
  note("%lld batches read when their handle was gone", (long long)session->batches);
  end_session(session);
  finish(whole);
}

/* ---- early release, leaks ---- */

enum { MOST_CUTS = 40 };

static void release_early(void) {
  struct session *session = finished();
  int64_t calls = session->calls < MOST_CUTS ? session->calls : MOST_CUTS;
  finish(session);
  for (int64_t cut = 0; cut <= calls; cut++) {
    session = begin();
    HOLDS(make(session, DATIVO_ABI_VERSION, settings.config) == DTV_OK, "the factory refuses what it took before");
    for (int64_t i = 0; i < cut && !session->is_done; i++) HOLDS(step(session) >= 0, "%s fails", session->verb);
    finish(session);
  }
  note("released after each of %lld calls", (long long)calls);
}

enum { WARM_UPS = 3, ROUNDS = 6 };

static void leak_nothing(void) {
  long before = 0, least = LONG_MAX;
  for (int round = 0; round < WARM_UPS + ROUNDS; round++) {
    finish(finished());
    long live = live_allocations();
    if (round >= WARM_UPS && live - before < least) least = live - before;
    before = live;
  }
  /* Caches fill up and stop; what grows in every round is lost. */
  HOLDS(least <= 0, "each run leaves %ld allocations or more", least);
  if (before < 0) note("%d runs, counted by the memory checker alone", WARM_UPS + ROUNDS);
  else note("%d runs, and nothing is left of the last", WARM_UPS + ROUNDS);
}

/* ---- side by side ---- */

static void *run_beside(void *session) {
  run_to_end(session, settings.config);
  return NULL;
}

static void run_side_by_side(void) {
  struct session *alone = finished(), *beside[2] = {begin(), begin()};
  pthread_t threads[2];
  for (int i = 0; i < 2; i++)
    HOLDS(pthread_create(&threads[i], NULL, run_beside, beside[i]) == 0, "the host cannot make a thread");
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < 2; i++) {
    HOLDS(same_digest(&alone->digest, &beside[i]->digest), "a handle gives other records beside another than alone");
    end_session(beside[i]);
  }
  note("two handles in two threads give what one gives");
  finish(alone);
}

static void run_in_turn(void) {
  struct session *alone = finished(), *turn[2] = {begin(), begin()};
  for (int i = 0; i < 2; i++)
    HOLDS(make(turn[i], DATIVO_ABI_VERSION, settings.config) == DTV_OK, "a second handle is refused");
  while (!turn[0]->is_done || !turn[1]->is_done)
    for (int i = 0; i < 2; i++)
      if (!turn[i]->is_done) HOLDS(step(turn[i]) >= 0, "%s fails in turn with another handle", turn[i]->verb);
  for (int i = 0; i < 2; i++) {
    HOLDS(same_digest(&alone->digest, &turn[i]->digest), "a handle gives other records in turn with another");
    end_session(turn[i]);
  }
  note("two handles in turn give what one gives");
  finish(alone);
}

/* ---- schemas and positions ---- */

static void keep_the_schema(void) {
  struct session *one = finished(), *other = finished();
  HOLDS(same_schema(&one->schema, &other->schema), "a second handle has another schema");
  note("%lld columns, the same each time", (long long)one->schema.n_children);
  end_session(other);
  if (settings.plugin.kind == &READER) {
    other = begin();
    other->wanted = &one->schema;
    run_to_end(other, settings.config);
    HOLDS(same_digest(&one->digest, &other->digest), "other records come when their schema is wanted");
    end_session(other);
    other = begin();
    other->wanted = lent_schema(&(struct column){"no_such_column", "u", false}, 1);
    HOLDS(make(other, DATIVO_ABI_VERSION, settings.config) == DTV_OK, "the factory refuses what it took before");
    while (strcmp(other->verb, "open") != 0 && !other->is_done) step(other);
    HOLDS(other->is_done, "open gives no 'no_such_column', which is wanted, and does not fail");
    HOLDS(strstr(other->error->message, "no_such_column"), "open fails for a column and does not name it: %s",
          other->error->message);
    end_session(other);
  }
  finish(one);
}

static void resume_at_positions(void) {
  struct session *whole = finished();
  int tried = whole->position_count < MOST_CUTS ? whole->position_count : MOST_CUTS;
  for (int i = 0; i < tried; i++) {
    struct session *rest = begin();
    rest->position = whole->positions[i].json;
    run_to_end(rest, settings.config);
    HOLDS(rest->digest.rows + whole->positions[i].rows == whole->digest.rows,
          "position %s comes after %lld of %lld records, and %lld are left there", rest->position,
          (long long)whole->positions[i].rows, (long long)whole->digest.rows, (long long)rest->digest.rows);
    end_session(rest);
  }
  note("%d positions", tried);
  finish(whole);
}

/* ---- what comes in ---- */

static void take_huge_batch(void) {
  struct session *session = new_session(&settings.plugin, &settings.huge);
  run_to_end(session, settings.config);
  note("one batch in, %lld records out", (long long)session->digest.rows);
  finish(session);
}

/* Nothing at all is no file to a decoder, which may say so. */
static void take_empty_batches(void) {
  struct session *session = new_session(&settings.plugin, &settings.empty);
  int32_t code = make(session, DATIVO_ABI_VERSION, settings.config);
  while (!session->is_done) code = step(session);
  HOLDS(code >= 0 || code == DTV_DATA, "%s fails with %d: %s", session->verb, code, session->error->message);
  note("%d batches in, %lld records out%s", settings.empty.batches, (long long)session->digest.rows,
       code < 0 ? "; refused as data" : "");
  finish(session);
}

/* ---- the list ---- */

static const char *unless_reader(void) { return settings.plugin.kind == &READER ? NULL : "only readers have positions"; }

static const char *unless_input(void) { return settings.plugin.kind->has_input ? NULL : "nothing goes in"; }

static const char *unless_output(void) { return settings.plugin.kind == &WRITER ? "no batch comes out" : NULL; }

static const char *unless_calls(void) { return settings.plugin.kind->has_calls ? NULL : "a stream has no such structs"; }

static const char *unless_cancellable(void) {
  return settings.plugin.kind->has_calls ? NULL : "a stream cannot be cancelled";
}

static const char *always(void) { return NULL; }

const struct behaviour BEHAVIOURS[] = {
    {"run", run_every_split, always},
    {"threads", call_from_many_threads, always},
    {"outlive", keep_batches, unless_output},
    {"early", release_early, always},
    {"leaks", leak_nothing, always},
    {"cancel", return_when_cancelled, unless_cancellable},
    {"beside", run_side_by_side, always},
    {"turns", run_in_turn, always},
    {"schema", keep_the_schema, unless_output},
    {"resume", resume_at_positions, unless_reader},
    {"empty", take_empty_batches, unless_input},
    {"huge", take_huge_batch, unless_input},
    {"hostile", refuse_hostile_configurations, always},
    {"abi", refuse_other_abis, always},
    {"sizes", honour_sizes, unless_calls},
};
const int BEHAVIOUR_COUNT = sizeof BEHAVIOURS / sizeof BEHAVIOURS[0];
