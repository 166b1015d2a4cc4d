/* Arrow data of the host's own for transforms and writers. What is not given back, or twice, is counted. */
#ifndef ARROW_MAKE_H
#define ARROW_MAKE_H

#include "dativo_plugin.h"

#include <stdbool.h>

/* One column: `+l` is a list of texts, `+s` a struct of an integer and a text. */
struct column {
  char name[64];
  char format[16];
  bool required; /* holds no null */
};

/* The types of contracts, one column each. */
extern const struct column EVERY_TYPE[];
extern const int EVERY_TYPE_COUNT;

/* Lent: whoever releases it breaks a rule. Never given back, since it is the same for every session. */
const struct ArrowSchema *lent_schema(const struct column *columns, int count);

/* Records first, first + 1, …; every fifth value is null,
 * where a column may have nulls. The arrays begin at an offset when `first` is odd. */
void make_batch(const struct column *columns, int count, int64_t first, int64_t rows, struct ArrowArray *out);
/* One column of bytes, a row for each part. */
void make_bytes(const char *const *parts, const int64_t *lengths, int64_t rows, struct ArrowArray *out);

/* Arrays that were handed over and not released. */
int live_arrays(void);
/* Frees what releases were counted with; all of it is released by now. */
void forget_arrays(void);

#endif
