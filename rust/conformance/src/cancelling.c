#include "behaviours.h"
#include "check.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_CALLS = 40 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void sleep_for(double seconds) {
  struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&time, NULL);
}

/* ---- a call, with a flag that rises before it or a while after it has begun ---- */

struct raise {
  struct session *session;
  double after, at;
};

static void *raise_later(void *argument) {
  struct raise *raise = argument;
  sleep_for(raise->after);
  raise->at = now();
  raise->session->cancel = 1;
  return NULL;
}

/* What the call returns; `late` is how long it took from when the flag rose. */
static int32_t step_cancelled(struct session *session, double after, double *late) {
  struct raise raise = {session, after, now()};
  pthread_t thread;
  if (after > 0) HOLDS(pthread_create(&thread, NULL, raise_later, &raise) == 0, "the host cannot make a thread");
  else session->cancel = 1;
  int32_t code = step(session);
  double end = now();
  if (after > 0) pthread_join(thread, NULL);
  *late = end - raise.at;
  return code;
}

static void check_in_time(const struct session *session, double late) {
  HOLDS(late <= settings.cancel_seconds, "%s returns %.1f s after it was cancelled", session->verb, late);
}

/* ---- the behaviour ---- */

static int32_t *codes_of_a_run(int *count) {
  struct session *session = new_session(&settings.plugin, &settings.input);
  HOLDS(make(session, DATIVO_ABI_VERSION, settings.config) == DTV_OK, "the factory refuses the configuration");
  int32_t *codes = need(MOST_CALLS * sizeof codes[0]);
  for (*count = 0; *count < MOST_CALLS && !session->is_done;) codes[(*count)++] = step(session);
  end_session(session);
  check_nothing_held();
  return codes;
}

/* -1 is given for each call that was cancelled, 0 for one that ended as it would have. */
static bool cancel_at(int call, double after, int32_t expected) {
  struct session *session = new_session(&settings.plugin, &settings.input);
  HOLDS(make(session, DATIVO_ABI_VERSION, settings.config) == DTV_OK, "the factory refuses what it took before");
  for (int i = 0; i < call; i++) step(session);
  double late;
  int32_t code = step_cancelled(session, after, &late);
  check_in_time(session, late);
  HOLDS(code == DTV_CANCELLED || code == expected, "%s, cancelled, returns %d, and else %d", session->verb, code, expected);
  end_session(session);
  check_nothing_held();
  return code == DTV_CANCELLED;
}

/* Every call is given time to return of itself; one of them must hang until it is told to stop. */
static void cancel_what_hangs(void) {
  struct session *session = new_session(&settings.plugin, &settings.input);
  HOLDS(make(session, DATIVO_ABI_VERSION, settings.hanging) == DTV_OK, "the factory refuses the configuration that hangs");
  int32_t code = DTV_OK;
  double late;
  while (!session->is_done) {
    session->cancel = 0;
    code = step_cancelled(session, 0.2, &late);
    check_in_time(session, late);
  }
  HOLDS(code == DTV_CANCELLED, "%s ends with %d, and nothing was cancelled", session->verb, code);
  end_session(session);
  check_nothing_held();
}

void return_when_cancelled(void) {
  int count, stopped = 0;
  int32_t *codes = codes_of_a_run(&count);
  for (int call = 0; call < count; call++)
    stopped += cancel_at(call, 0, codes[call]) + cancel_at(call, 0.002, codes[call]);
  free(codes);
  if (settings.hanging) cancel_what_hangs();
  note("%d calls cancelled before and during them, %d stopped%s", count, stopped,
       settings.hanging ? "; one that hangs returns" : "");
}
