#include "columns.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory that grows ---- */

struct bytes {
  char *data;
  size_t length, room;
};

static int append(struct bytes *to, const void *data, size_t length) {
  if (length > to->room - to->length) {
    size_t room = to->room > 0 ? to->room : 1024;
    while (room - to->length < length) room *= 2;
    char *grown = realloc(to->data, room);
    if (!grown) return ENOMEM;
    to->data = grown;
    to->room = room;
  }
  if (length > 0) memcpy(to->data + to->length, data, length);
  to->length += length;
  return 0;
}

/* ---- columns ---- */

struct column {
  enum column_type type;
  int64_t length, null_count;
  struct bytes validity; /* a bit for each value: 1 is there, 0 is null */
  struct bytes offsets;  /* of texts: where each begins in `values`, and the end of the last */
  struct bytes values;
};

struct columns {
  size_t count;
  struct column column[];
};

int columns_new(const struct column_spec *specs, size_t count, struct columns **out) {
  struct columns *made = calloc(1, sizeof *made + count * sizeof made->column[0]);
  if (!made) return ENOMEM;
  made->count = count;
  int code = 0;
  for (size_t i = 0; i < count && code == 0; i++) {
    made->column[i].type = specs[i].type;
    if (specs[i].type == COLUMN_TEXT) code = append(&made->column[i].offsets, &(int32_t){0}, sizeof(int32_t));
  }
  if (code == 0) *out = made;
  else columns_free(made);
  return code;
}

void columns_free(struct columns *columns) {
  if (!columns) return;
  for (size_t i = 0; i < columns->count; i++) {
    free(columns->column[i].validity.data);
    free(columns->column[i].offsets.data);
    free(columns->column[i].values.data);
  }
  free(columns);
}

static int add_validity(struct column *column, bool is_there) {
  int bit = (int)(column->length % 8);
  int code = bit == 0 ? append(&column->validity, "", 1) : 0;
  if (code != 0) return code;
  if (is_there) column->validity.data[column->length / 8] |= (char)(1 << bit);
  else column->null_count++;
  column->length++;
  return 0;
}

static int add_text(struct column *column, const char *bytes, size_t length, bool is_there) {
  /* Offsets have 32 bits. */
  if (length > INT32_MAX - column->values.length) return EOVERFLOW;
  int code = append(&column->values, bytes, length);
  int32_t end = (int32_t)column->values.length;
  if (code == 0) code = append(&column->offsets, &end, sizeof end);
  return code == 0 ? add_validity(column, is_there) : code;
}

static int add_double(struct column *column, double value, bool is_there) {
  int code = append(&column->values, &value, sizeof value);
  return code == 0 ? add_validity(column, is_there) : code;
}

int columns_add_text(struct columns *columns, size_t column, const char *bytes, size_t length) {
  return add_text(&columns->column[column], bytes, length, true);
}

int columns_add_double(struct columns *columns, size_t column, double value) {
  return add_double(&columns->column[column], value, true);
}

int columns_add_null(struct columns *columns, size_t column) {
  struct column *to = &columns->column[column];
  return to->type == COLUMN_TEXT ? add_text(to, "", 0, false) : add_double(to, 0, false);
}

/* ---- arrays: each frees what is its own, then its children; `release` becomes NULL ---- */

struct array_memory {
  const void *buffers[3];
  struct ArrowArray *children[]; /* to memory of their own: a host may move a child out of its parent */
};

static void release_array(struct ArrowArray *array) {
  struct array_memory *memory = array->private_data;
  for (int64_t i = 0; i < array->n_buffers; i++) free((void *)memory->buffers[i]);
  for (int64_t i = 0; i < array->n_children; i++) {
    if (memory->children[i] && memory->children[i]->release) memory->children[i]->release(memory->children[i]);
    free(memory->children[i]);
  }
  free(memory);
  array->release = NULL;
}

static int begin_array(struct ArrowArray *out, int64_t length, int64_t buffers, size_t children) {
  struct array_memory *memory = calloc(1, sizeof *memory + children * sizeof memory->children[0]);
  if (!memory) return ENOMEM;
  *out = (struct ArrowArray){
      .length = length,
      .n_buffers = buffers,
      .n_children = (int64_t)children,
      .buffers = memory->buffers,
      .children = children > 0 ? memory->children : NULL,
      .release = release_array,
      .private_data = memory,
  };
  return 0;
}

static const void *take(struct bytes *from) {
  const void *data = from->data;
  *from = (struct bytes){0};
  return data;
}

static int finish_column(struct column *column, struct ArrowArray *out) {
  int code = begin_array(out, column->length, column->type == COLUMN_TEXT ? 3 : 2, 0);
  if (code != 0) return code;
  out->null_count = column->null_count;
  size_t at = 0;
  out->buffers[at++] = take(&column->validity);
  if (column->type == COLUMN_TEXT) out->buffers[at++] = take(&column->offsets);
  out->buffers[at] = take(&column->values);
  return 0;
}

int columns_finish(struct columns *columns, struct ArrowArray *out) {
  int code = begin_array(out, columns->column[0].length, 1, columns->count);
  for (size_t i = 0; i < columns->count && code == 0; i++) {
    out->children[i] = calloc(1, sizeof *out->children[i]);
    code = out->children[i] ? finish_column(&columns->column[i], out->children[i]) : ENOMEM;
    if (code != 0) out->release(out);
  }
  columns_free(columns);
  return code;
}

/* ---- the schema ---- */

struct schema_memory {
  size_t count;
  struct ArrowSchema *children[];
};

static void release_column_schema(struct ArrowSchema *schema) { schema->release = NULL; }

static void release_schema(struct ArrowSchema *schema) {
  struct schema_memory *memory = schema->private_data;
  for (size_t i = 0; i < memory->count; i++) {
    if (memory->children[i] && memory->children[i]->release) memory->children[i]->release(memory->children[i]);
    free(memory->children[i]);
  }
  free(memory);
  schema->release = NULL;
}

int columns_schema(const struct column_spec *specs, size_t count, struct ArrowSchema *out) {
  struct schema_memory *memory = calloc(1, sizeof *memory + count * sizeof memory->children[0]);
  if (!memory) return ENOMEM;
  memory->count = count;
  *out = (struct ArrowSchema){
      .format = "+s", /* a struct: the children are the columns */
      .name = "",
      .n_children = (int64_t)count,
      .children = memory->children,
      .release = release_schema,
      .private_data = memory,
  };
  for (size_t i = 0; i < count; i++) {
    memory->children[i] = malloc(sizeof *memory->children[i]);
    if (!memory->children[i]) {
      out->release(out);
      return ENOMEM;
    }
    *memory->children[i] = (struct ArrowSchema){
        .format = specs[i].type == COLUMN_TEXT ? "u" : "g", /* UTF-8, float64 */
        .name = specs[i].name,
        .flags = specs[i].nullable ? ARROW_FLAG_NULLABLE : 0,
        .release = release_column_schema, /* it points to constants only */
    };
  }
  return 0;
}
