/* Reads every value of arrays that a library gave, and holds them to the Arrow C Data Interface and to their schema. */
#ifndef ARROW_WALK_H
#define ARROW_WALK_H

#include "dativo_plugin.h"

#include <stdbool.h>
#include <stddef.h>

/* What was read, however it was cut into batches: two that are equal hold the same records in the same order. */
struct digest {
  int64_t rows;
  int64_t columns;
  uint64_t *hash;
};

/* `what` is named in the sentence when something does not hold. */
void check_schema(const struct ArrowSchema *schema, const char *what);
void read_batch(const struct ArrowSchema *schema, const struct ArrowArray *batch, struct digest *into, const char *what);
void release_array(struct ArrowArray *array, const char *what);

bool same_schema(const struct ArrowSchema *a, const struct ArrowSchema *b);
bool same_digest(const struct digest *a, const struct digest *b);
void free_digest(struct digest *digest);

bool is_utf8(const char *text, size_t length);

#endif
