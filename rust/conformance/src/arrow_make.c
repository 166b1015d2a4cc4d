#include "arrow_make.h"

#include "check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct column EVERY_TYPE[] = {
    {"integer", "l", false},      {"double", "g", false}, {"boolean", "b", false}, {"text", "u", false},
    {"decimal", "d:38,5", false}, {"date", "tdD", false}, {"time", "ttu", false},  {"stamp", "tsu:", false},
    {"zoned", "tsu:UTC", false},  {"bytes", "z", false},  {"list", "+l", false},   {"object", "+s", false},
};
const int EVERY_TYPE_COUNT = sizeof EVERY_TYPE / sizeof EVERY_TYPE[0];

static const struct column ITEM = {"item", "u", false}, MEMBERS[] = {{"a", "l", false}, {"b", "u", false}};

/* ---- schemas ---- */

static void release_lent_schema(struct ArrowSchema *schema) {
  broke("the library releases the schema '%s', which was only lent", schema->name);
}

static struct ArrowSchema *schema_of(const struct column *column, const struct column *children, int count) {
  struct ArrowSchema *schema = need(sizeof *schema);
  *schema = (struct ArrowSchema){
      .format = need_copy(column->format),
      .name = need_copy(column->name),
      .flags = column->required ? 0 : ARROW_FLAG_NULLABLE,
      .n_children = count,
      .children = need((size_t)count * sizeof(struct ArrowSchema *)),
      .release = release_lent_schema,
  };
  for (int i = 0; i < count; i++) {
    bool is_list = strcmp(children[i].format, "+l") == 0, is_struct = strcmp(children[i].format, "+s") == 0;
    schema->children[i] = schema_of(&children[i], is_list ? &ITEM : MEMBERS, is_list ? 1 : is_struct ? 2 : 0);
  }
  return schema;
}

/* Libraries may look at them as long as they like. */
static struct ArrowSchema **lent;
static size_t lent_count;

const struct ArrowSchema *lent_schema(const struct column *columns, int count) {
  lent = need_more(lent, (lent_count + 1) * sizeof *lent);
  lent[lent_count] = schema_of(&(struct column){"", "+s", true}, columns, count);
  return lent[lent_count++];
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

static bool is_null(const struct column *column, int64_t value) { return !column->required && value % 5 == 4; }

static void *make_validity(const struct column *column, int64_t first, int64_t length, int64_t *nulls) {
  uint8_t *bits = need((size_t)length / 8 + 1);
  *nulls = 0;
  for (int64_t i = 0; i < length; i++) {
    if (is_null(column, first + i)) ++*nulls;
    else bits[i / 8] |= (uint8_t)(1 << (i % 8));
  }
  return bits;
}

static void *make_bits(int64_t first, int64_t length) {
  uint8_t *bits = need((size_t)length / 8 + 1);
  for (int64_t i = 0; i < length; i++) bits[i / 8] |= (uint8_t)((first + i) % 2 << (i % 8));
  return bits;
}

static void make_text(struct record *record, const struct column *column, int64_t first, int64_t length) {
  const char *format = column->format[0] == 'u' ? "žluť %lld" : "\xff%lld";
  int32_t *offsets = need((size_t)(length + 1) * sizeof *offsets);
  char *bytes = need((size_t)length * 40 + 1);
  for (int64_t i = 0; i < length; i++) {
    char value[40];
    int size = is_null(column, first + i) ? 0 : snprintf(value, sizeof value, format, (long long)(first + i));
    memcpy(bytes + offsets[i], value, (size_t)size);
    offsets[i + 1] = offsets[i] + size;
  }
  record->buffers[1] = offsets;
  record->buffers[2] = need_more(bytes, (size_t)offsets[length]);
}

/* Little-endian, as every machine is that plugins run on. */
static void put_value(char *into, const char *format, int64_t value) {
  double number = (double)value / 8;
  int64_t time = value * 1000001 % 86400000000, decimal[] = {-value - 1, -1};
  if (format[0] == 'g') memcpy(into, &number, sizeof number);
  else if (format[0] == 'd') memcpy(into, decimal, sizeof decimal);
  else if (strcmp(format, "ttu") == 0) memcpy(into, &time, sizeof time);
  else memcpy(into, &value, strcmp(format, "tdD") == 0 ? 4 : 8);
}

static void make_fixed(struct record *record, const struct column *column, int64_t first, int64_t length) {
  size_t width = column->format[0] == 'd' ? 16 : strcmp(column->format, "tdD") == 0 ? 4 : 8;
  char *values = need((size_t)length * width);
  for (int64_t i = 0; i < length; i++) {
    if (is_null(column, first + i)) memset(values + (size_t)i * width, 0xa5, width);
    else put_value(values + (size_t)i * width, column->format, first + i);
  }
  record->buffers[1] = values;
}

static void make_column(const struct column *column, int64_t first, int64_t length, struct ArrowArray *out);

static void make_list(struct record *record, const struct column *column, int64_t first, int64_t length,
                      struct ArrowArray *items) {
  int32_t *offsets = need((size_t)(length + 1) * sizeof *offsets);
  for (int64_t i = 0; i < length; i++)
    offsets[i + 1] = offsets[i] + (is_null(column, first + i) ? 0 : (int32_t)(i % 3));
  record->buffers[1] = offsets;
  make_column(&ITEM, first, offsets[length], items);
}

static void make_column(const struct column *column, int64_t first, int64_t length, struct ArrowArray *out) {
  bool is_list = strcmp(column->format, "+l") == 0, is_struct = strcmp(column->format, "+s") == 0;
  bool is_bytes = strchr("uz", column->format[0]);
  struct record *record = begin(out, length, is_struct ? 1 : is_bytes ? 3 : 2, is_list ? 1 : is_struct ? 2 : 0);
  record->buffers[0] = make_validity(column, first, length, &out->null_count);
  for (int i = 0; is_struct && i < 2; i++) make_column(&MEMBERS[i], first, length, out->children[i]);
  if (is_list) make_list(record, column, first, length, out->children[0]);
  else if (is_bytes) make_text(record, column, first, length);
  else if (strcmp(column->format, "b") == 0) record->buffers[1] = make_bits(first, length);
  else if (!is_struct) make_fixed(record, column, first, length);
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
