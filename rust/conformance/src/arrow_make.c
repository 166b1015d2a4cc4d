#include "arrow_make.h"

#include "check.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct column EVERY_TYPE[] = {
    {"integer", "l"}, {"double", "g"},      {"boolean", "b"},  {"text", "u"},          {"decimal", "d:38,5"},
    {"date", "tdD"},  {"time", "ttu"},      {"stamp", "tsu:"}, {"zoned", "tsu:UTC"},   {"bytes", "z"},
    {"list", "+l"},   {"object", "+s"},
};
const int EVERY_TYPE_COUNT = sizeof EVERY_TYPE / sizeof EVERY_TYPE[0];

static const struct column ITEM = {"item", "u"}, MEMBERS[] = {{"a", "l"}, {"b", "u"}};

/* ---- schemas ---- */

static void release_lent_schema(struct ArrowSchema *schema) {
  broke("the library releases the schema '%s', which was only lent", schema->name);
}

static struct ArrowSchema *schema_of(const char *name, const char *format, const struct column *children, int count) {
  struct ArrowSchema *schema = need(sizeof *schema);
  *schema = (struct ArrowSchema){
      .format = need_copy(format),
      .name = need_copy(name),
      .flags = ARROW_FLAG_NULLABLE,
      .n_children = count,
      .children = need((size_t)count * sizeof(struct ArrowSchema *)),
      .release = release_lent_schema,
  };
  for (int i = 0; i < count; i++) {
    bool is_list = strcmp(children[i].format, "+l") == 0, is_struct = strcmp(children[i].format, "+s") == 0;
    schema->children[i] = schema_of(children[i].name, children[i].format, is_list ? &ITEM : MEMBERS,
                                    is_list ? 1 : is_struct ? 2 : 0);
  }
  return schema;
}

const struct ArrowSchema *lent_schema(const struct column *columns, int count) {
  return schema_of("", "+s", columns, count);
}

/* ---- arrays ---- */

/* What stays of an array, so that a second release is seen and does no harm. */
struct record {
  struct record *next;
  int64_t children;
  bool is_released;
  void *buffers[3];
  struct ArrowArray **owned;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct record *records;
static int live;

static void release(struct ArrowArray *array) {
  struct record *record = array->private_data;
  pthread_mutex_lock(&lock);
  bool again = record->is_released;
  record->is_released = true;
  live--;
  pthread_mutex_unlock(&lock);
  HOLDS(!again, "an array that was handed over is released twice");
  for (int i = 0; i < 3; i++) free(record->buffers[i]);
  for (int64_t i = 0; i < record->children; i++) {
    if (record->owned[i]->release) record->owned[i]->release(record->owned[i]);
    free(record->owned[i]);
  }
  array->release = NULL;
}

static struct record *begin(struct ArrowArray *out, int64_t length, int64_t buffers, int64_t children) {
  struct record *record = need(sizeof *record);
  record->children = children;
  record->owned = need((size_t)children * sizeof record->owned[0]);
  for (int64_t i = 0; i < children; i++) record->owned[i] = need(sizeof *record->owned[i]);
  *out = (struct ArrowArray){
      .length = length,
      .n_buffers = buffers,
      .n_children = children,
      .buffers = (const void **)record->buffers,
      .children = record->owned,
      .release = release,
      .private_data = record,
  };
  pthread_mutex_lock(&lock);
  record->next = records;
  records = record;
  live++;
  pthread_mutex_unlock(&lock);
  return record;
}

int live_arrays(void) {
  pthread_mutex_lock(&lock);
  int count = live;
  pthread_mutex_unlock(&lock);
  return count;
}

void forget_arrays(void) {
  while (records) {
    struct record *next = records->next;
    free(records->owned);
    free(records);
    records = next;
  }
}

/* ---- values ---- */

static bool is_null(int64_t value) { return value % 5 == 4; }

static void *make_validity(int64_t first, int64_t length, int64_t *nulls) {
  uint8_t *bits = need((size_t)length / 8 + 1);
  *nulls = 0;
  for (int64_t i = 0; i < length; i++) {
    if (is_null(first + i)) ++*nulls;
    else bits[i / 8] |= (uint8_t)(1 << (i % 8));
  }
  return bits;
}

static void make_text(struct record *record, bool is_text, int64_t first, int64_t length) {
  int32_t *offsets = need((size_t)(length + 1) * sizeof *offsets);
  char *bytes = need((size_t)length * 40 + 1);
  for (int64_t i = 0; i < length; i++) {
    char value[40];
    int size = is_null(first + i) ? 0 : snprintf(value, sizeof value, is_text ? "žluť %lld" : "\xff%lld", (long long)(first + i));
    memcpy(bytes + offsets[i], value, (size_t)size);
    offsets[i + 1] = offsets[i] + size;
  }
  record->buffers[1] = offsets;
  record->buffers[2] = need_more(bytes, (size_t)offsets[length]);
}

static void make_fixed(struct record *record, const char *format, int64_t first, int64_t length) {
  size_t width = format[0] == 'd' ? 16 : strcmp(format, "tdD") == 0 ? 4 : 8;
  char *values = need((size_t)length * width);
  for (int64_t i = 0; i < length; i++) {
    int64_t value = first + i;
    double number = (double)value / 8;
    if (is_null(value)) memset(values + (size_t)i * width, 0xa5, width);
    else if (format[0] == 'g') memcpy(values + (size_t)i * width, &number, sizeof number);
    else if (format[0] == 'd') memcpy(values + (size_t)i * width, (int64_t[]){-value - 1, -1}, 16);
    else if (strcmp(format, "ttu") == 0) memcpy(values + (size_t)i * width, &(int64_t){value % 86400 * 1000001 % 86400000000}, 8);
    else memcpy(values + (size_t)i * width, &value, width); /* little-endian, as everywhere where plugins run */
  }
  record->buffers[1] = values;
}

static void make_column(const struct column *column, int64_t first, int64_t length, struct ArrowArray *out) {
  const char *format = column->format;
  bool is_list = strcmp(format, "+l") == 0, is_struct = strcmp(format, "+s") == 0, is_bytes = strchr("uz", format[0]);
  struct record *record = begin(out, length, is_struct ? 1 : is_bytes ? 3 : 2, is_list ? 1 : is_struct ? 2 : 0);
  record->buffers[0] = make_validity(first, length, &out->null_count);
  if (is_bytes) make_text(record, format[0] == 'u', first, length);
  else if (is_struct) {
    for (int i = 0; i < 2; i++) make_column(&MEMBERS[i], first, length, out->children[i]);
  } else if (is_list) {
    int32_t *offsets = need((size_t)(length + 1) * sizeof *offsets);
    for (int64_t i = 0; i < length; i++) offsets[i + 1] = offsets[i] + (is_null(first + i) ? 0 : (int32_t)(i % 3));
    record->buffers[1] = offsets;
    make_column(&ITEM, first, offsets[length], out->children[0]);
  } else if (strcmp(format, "b") == 0) record->buffers[1] = make_validity(first + 2, length, &(int64_t){0});
  else make_fixed(record, format, first, length);
}

void make_batch(const struct column *columns, int count, int64_t first, int64_t rows, struct ArrowArray *out) {
  int64_t offset = first % 2;
  begin(out, rows, 1, count);
  out->offset = offset;
  for (int i = 0; i < count; i++) make_column(&columns[i], first - offset, rows + offset, out->children[i]);
}

void make_bytes(const char *const *parts, const int64_t *lengths, int64_t rows, struct ArrowArray *out) {
  begin(out, rows, 1, 1);
  struct record *record = begin(out->children[0], rows, 3, 0);
  int32_t *offsets = need((size_t)(rows + 1) * sizeof *offsets);
  for (int64_t i = 0; i < rows; i++) {
    HOLDS(lengths[i] <= INT32_MAX - offsets[i], "the bytes do not fit into one batch");
    offsets[i + 1] = offsets[i] + (int32_t)lengths[i];
  }
  char *bytes = need((size_t)offsets[rows]);
  for (int64_t i = 0; i < rows; i++) memcpy(bytes + offsets[i], parts[i], (size_t)lengths[i]);
  record->buffers[1] = offsets;
  record->buffers[2] = bytes;
}
