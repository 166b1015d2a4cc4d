/* Columns that are filled value by value and then handed over as Arrow arrays. Copy it for a plugin of your own. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "dativo_plugin.h"

#include <stdbool.h>
#include <stddef.h>

enum column_type { COLUMN_TEXT, COLUMN_DOUBLE };

struct column_spec {
  const char *name;
  enum column_type type;
  bool nullable;
};

/* Each of these gives 0, or an error number such as ENOMEM. */
int columns_schema(const struct column_spec *specs, size_t count, struct ArrowSchema *out);

struct columns; /* the values of a batch that is being filled */
int columns_new(const struct column_spec *specs, size_t count, struct columns **out);
int columns_add_text(struct columns *, size_t column, const char *bytes, size_t length);
int columns_add_double(struct columns *, size_t column, double value);
int columns_add_null(struct columns *, size_t column);
/* Hands the columns over, which are all of one length, and gives up `columns`, also when it fails. */
int columns_finish(struct columns *, struct ArrowArray *out);
void columns_free(struct columns *);

#endif
