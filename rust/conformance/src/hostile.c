#include "behaviours.h"
#include "check.h"
#include "dativo_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- one configuration ---- */

static int tried, refused;

/* Few calls: with a configuration that was taken by chance nothing is to be written anywhere. */
enum { FEW_CALLS = 3 };

static void try_configuration(const char *config) {
  struct session *session = new_session(&settings.plugin, &settings.input);
  int32_t code = make(session, DATIVO_ABI_VERSION, config);
  tried++;
  refused += code < 0;
  HOLDS(code < 0 || !config || dtv_json_value(config), "a configuration that is not JSON is taken: '%.200s'", config);
  for (int i = 0; i < FEW_CALLS && !session->is_done; i++) step(session);
  end_session(session);
  check_nothing_held();
}

/* ---- many ---- */

/* The configuration with `value` between two places of it. */
static void try_with(const char *config, const char *from, const char *to, const char *value) {
  char *text = need(strlen(config) + strlen(value) + 1);
  sprintf(text, "%.*s%s%s", (int)(from - config), config, value, to);
  try_configuration(text);
  free(text);
}

static void try_other_values(const char *config, const char *value) {
  static const char *const others[] = {"null",      "true", "-1", "1e999", "18446744073709551616", "\"\"",
                                       "\"a\\u0000b\"", "[]", "[null]", "{}"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    try_with(config, value, dtv_json_end(value), others[i]);
  const char *first = dtv_json_first(value);
  if (*value == '{') try_with(config, value + 1, value + 1, first ? "\"no_such_key\":[{}]," : "\"no_such_key\":[{}]");
  for (const char *at = first; at;) {
    const char *inner = *value == '{' ? dtv_json_named(at) : at;
    try_other_values(config, inner);
    at = dtv_json_next(inner);
  }
}

static void try_deep(char open) {
  enum { DEPTH = 100000 };
  char *text = need(DEPTH + 1);
  memset(text, open, DEPTH);
  try_configuration(text);
  free(text);
}

void refuse_hostile_configurations(void) {
  static const char *const texts[] = {
      "", " ", "not JSON", "{", "[]", "null", "true", "42", "\"text\"", "{}", "{}x", "{\"engine\":null}",
      "{\"engine\":{\"options\":[]}}", "\xff\xfe", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":}", "{'a':1}", "[1,]",
      "{\"credentials\":{\"password\":\"" SECRET_MARK "\"",
  };
  /* What is taken by chance finds no file here, and leaves none elsewhere. */
  char folder[] = "/tmp/dativo-conformance-XXXXXX";
  HOLDS(mkdtemp(folder) && chdir(folder) == 0, "the host cannot make a folder");
  try_configuration(NULL);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) try_configuration(texts[i]);
  try_deep('[');
  try_deep('{');
  try_other_values(settings.config, dtv_json_value(settings.config));
  remove_folder(folder);
  note("%d configurations, %d refused", tried, refused);
}

/* ---- other hosts ---- */

void refuse_other_abis(void) {
  static const uint32_t versions[] = {0, 1, 3, UINT32_MAX};
  for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
    struct session *session = new_session(&settings.plugin, &settings.input);
    HOLDS(make(session, versions[i], settings.config) < 0, "a host of ABI %u is not refused", versions[i]);
    end_session(session);
  }
  note("hosts of four other ABIs are refused");
}

static void run_with(struct sizes sizes) {
  struct session *session = new_session_of(&settings.plugin, &settings.input, sizes);
  run_to_end(session, settings.config);
  end_session(session);
  check_nothing_held();
}

static void refuse_with(struct sizes sizes, const char *config) {
  struct session *session = new_session_of(&settings.plugin, &settings.input, sizes);
  HOLDS(make(session, DATIVO_ABI_VERSION, config) < 0, "it is not refused");
  end_session(session);
}

static void check_untouched(const void *memory, size_t from, size_t to, const char *what) {
  for (size_t i = from; i < to; i++)
    HOLDS(((const char *)memory)[i] == 0, "%s of a later host: byte %zu is none of this library's", what, i);
}

static void run_with_a_later_host(struct sizes sizes) {
  enum { MORE = 64 };
  struct sizes later = {sizes.table + MORE, sizes.error + MORE, sizes.call + MORE, sizes.batch + MORE};
  struct session *session = new_session_of(&settings.plugin, &settings.input, later);
  run_to_end(session, settings.config);
  check_untouched(session->object, sizes.table, later.table, "the table");
  check_untouched(session->error, sizes.error, later.error, "dtv_error");
  check_untouched(session->out, sizes.batch, later.batch, "dtv_batch");
  end_session(session);
  check_nothing_held();
}

/* What is beyond a size ends at a fence: who touches it crashes. */
void honour_sizes(void) {
  struct sizes sizes = own_sizes(settings.plugin.kind), smaller = sizes;
  smaller.batch = offsetof(dtv_batch, warnings);
  smaller.call = offsetof(dtv_call, deadline_ms);
  smaller.error = offsetof(dtv_error, detail_json);
  run_with(smaller);
  refuse_with(smaller, "not JSON");
  /* A table that has no room for `release` would leave a handle that nobody can give back. */
  smaller = sizes;
  smaller.table -= sizeof(void *);
  refuse_with(smaller, settings.config);
  run_with_a_later_host(sizes);
  note("an earlier and a later host are served, a table without `release` is refused");
}
