#include "arrow_walk.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- types: https://arrow.apache.org/docs/format/CDataInterface.html#data-type-description-format-strings ---- */

enum shape { FIXED, BITS, BYTES, LIST, STRUCT, NONE, UNKNOWN };

struct type {
  enum shape shape;
  int width;    /* of a value, or of an offset */
  bool is_text;
};

static struct type type_of(const char *format) {
  static const struct {
    const char *format;
    struct type type;
  } plain[] = {
      {"c", {FIXED, 1, false}},   {"C", {FIXED, 1, false}},   {"s", {FIXED, 2, false}},   {"S", {FIXED, 2, false}},
      {"i", {FIXED, 4, false}},   {"I", {FIXED, 4, false}},   {"l", {FIXED, 8, false}},   {"L", {FIXED, 8, false}},
      {"e", {FIXED, 2, false}},   {"f", {FIXED, 4, false}},   {"g", {FIXED, 8, false}},   {"tdD", {FIXED, 4, false}},
      {"tdm", {FIXED, 8, false}}, {"tts", {FIXED, 4, false}}, {"ttm", {FIXED, 4, false}}, {"ttu", {FIXED, 8, false}},
      {"ttn", {FIXED, 8, false}}, {"b", {BITS, 0, false}},    {"u", {BYTES, 4, true}},    {"U", {BYTES, 8, true}},
      {"z", {BYTES, 4, false}},   {"Z", {BYTES, 8, false}},   {"+l", {LIST, 4, false}},   {"+L", {LIST, 8, false}},
      {"+m", {LIST, 4, false}},   {"+s", {STRUCT, 0, false}}, {"n", {NONE, 0, false}},
  };
  for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
    if (strcmp(plain[i].format, format) == 0) return plain[i].type;
  int a, b, bits = 128;
  if (strncmp(format, "ts", 2) == 0 && format[2] && strchr("smun", format[2]) && format[3] == ':')
    return (struct type){FIXED, 8, false};
  if (sscanf(format, "d:%d,%d,%d", &a, &b, &bits) >= 2) return (struct type){FIXED, bits / 8, false};
  if (sscanf(format, "w:%d", &a) == 1 && a > 0) return (struct type){FIXED, a, false};
  return (struct type){UNKNOWN, 0, false};
}

static int buffers_of(struct type type) {
  return type.shape == NONE ? 0 : type.shape == STRUCT ? 1 : type.shape == BYTES ? 3 : 2;
}

/* ---- schemas ---- */

void check_schema(const struct ArrowSchema *schema, const char *what) {
  HOLDS(schema->format, "%s: a schema has no format", what);
  struct type type = type_of(schema->format);
  HOLDS(type.shape != UNKNOWN, "%s: the format '%s' of column '%s' is not known", what, schema->format,
        schema->name ? schema->name : "");
  HOLDS(schema->n_children >= 0 && (schema->n_children == 0 || schema->children), "%s: children are missing", what);
  HOLDS(type.shape != LIST || schema->n_children == 1, "%s: a list has one child, not %lld", what,
        (long long)schema->n_children);
  for (int64_t i = 0; i < schema->n_children; i++) {
    HOLDS(schema->children[i]->release, "%s: the schema of child %lld is released", what, (long long)i);
    HOLDS(schema->children[i]->name && is_utf8(schema->children[i]->name, strlen(schema->children[i]->name)),
          "%s: child %lld has no name in UTF-8", what, (long long)i);
    check_schema(schema->children[i], what);
  }
  if (schema->dictionary) check_schema(schema->dictionary, what);
}

bool same_schema(const struct ArrowSchema *a, const struct ArrowSchema *b) {
  if (strcmp(a->format, b->format) != 0 || strcmp(a->name ? a->name : "", b->name ? b->name : "") != 0) return false;
  if (a->flags != b->flags || a->n_children != b->n_children || !a->dictionary != !b->dictionary) return false;
  for (int64_t i = 0; i < a->n_children; i++)
    if (!same_schema(a->children[i], b->children[i])) return false;
  return !a->dictionary || same_schema(a->dictionary, b->dictionary);
}

/* ---- structure ---- */

static bool bit_at(const void *bits, int64_t index) { return ((const uint8_t *)bits)[index / 8] >> (index % 8) & 1; }

static int64_t offset_at(const struct ArrowArray *array, struct type type, int64_t index) {
  const void *offsets = array->buffers[1];
  if (!offsets) return 0; /* an array without values may leave its buffers out */
  return type.width == 4 ? ((const int32_t *)offsets)[index] : ((const int64_t *)offsets)[index];
}

static void check_nulls(const struct ArrowSchema *schema, const struct ArrowArray *array, const char *what) {
  const char *name = schema->name ? schema->name : "";
  const void *validity = array->n_buffers > 0 ? array->buffers[0] : NULL;
  int64_t nulls = 0;
  for (int64_t i = 0; validity && i < array->length; i++) nulls += !bit_at(validity, array->offset + i);
  HOLDS(array->null_count >= -1 && (array->null_count == -1 || array->null_count == nulls),
        "%s: column '%s' says %lld nulls and has %lld", what, name, (long long)array->null_count, (long long)nulls);
  /* What is said of the struct that makes the batch is nowhere declared. */
  HOLDS(nulls == 0 || schema->flags & ARROW_FLAG_NULLABLE, "%s: column '%s' is declared without nulls and has %lld", what,
        name, (long long)nulls);
}

/* That an array of at least `length` values has the shape of its schema. */
static void check_array(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t length,
                        const char *what) {
  const char *name = schema->name ? schema->name : "";
  struct type type = type_of(schema->format);
  HOLDS(array->release, "%s: the array of '%s' is released", what, name);
  HOLDS(array->length >= length && array->offset >= 0, "%s: column '%s' has %lld values where %lld are needed", what,
        name, (long long)array->length, (long long)length);
  HOLDS(array->n_buffers == buffers_of(type), "%s: column '%s' has %lld buffers, where its type '%s' has %d", what, name,
        (long long)array->n_buffers, schema->format, buffers_of(type));
  HOLDS(array->n_children == schema->n_children, "%s: '%s' has %lld children, where its schema has %lld", what, name,
        (long long)array->n_children, (long long)schema->n_children);
  HOLDS(!array->dictionary == !schema->dictionary, "%s: '%s' has a dictionary only on one side", what, name);
  check_nulls(schema, array, what);
  int64_t end = array->offset + array->length;
  if (type.shape == FIXED || type.shape == BITS)
    HOLDS(array->length == 0 || array->buffers[1], "%s: column '%s' has no values", what, name);
  if (type.shape == BYTES || type.shape == LIST) {
    HOLDS(array->length == 0 || array->buffers[1], "%s: column '%s' has no offsets", what, name);
    for (int64_t i = array->offset; i < end; i++)
      HOLDS(offset_at(array, type, i) >= 0 && offset_at(array, type, i) <= offset_at(array, type, i + 1),
            "%s: the offsets of column '%s' go back at %lld", what, name, (long long)i);
  }
  if (type.shape == LIST) check_array(schema->children[0], array->children[0], offset_at(array, type, end), what);
  for (int64_t i = 0; type.shape == STRUCT && i < schema->n_children; i++)
    check_array(schema->children[i], array->children[i], end, what);
  if (schema->dictionary) check_array(schema->dictionary, array->dictionary, 0, what);
}

/* ---- values ---- */

static void add(uint64_t *hash, const void *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) *hash = (*hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
}

static int64_t key_at(const struct ArrowArray *array, struct type type, int64_t index) {
  const void *keys = array->buffers[1];
  switch (type.width) {
    case 1: return ((const int8_t *)keys)[index];
    case 2: return ((const int16_t *)keys)[index];
    case 4: return ((const int32_t *)keys)[index];
    default: return ((const int64_t *)keys)[index];
  }
}

/* The value at an index of an array, its offset not counted. What lies under a null may be anything. */
static void add_value(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t index, uint64_t *hash,
                      const char *what) {
  struct type type = type_of(schema->format);
  int64_t at = array->offset + index;
  const void *validity = array->n_buffers > 0 ? array->buffers[0] : NULL;
  bool is_there = type.shape != NONE && (!validity || bit_at(validity, at));
  add(hash, &is_there, 1);
  if (!is_there) return;
  if (schema->dictionary) {
    int64_t key = key_at(array, type, at);
    HOLDS(key >= 0 && key < array->dictionary->length, "%s: '%s' points to word %lld of %lld", what, schema->name,
          (long long)key, (long long)array->dictionary->length);
    add_value(schema->dictionary, array->dictionary, key, hash, what);
    return;
  }
  int64_t from, to;
  switch (type.shape) {
    case FIXED:
      add(hash, (const char *)array->buffers[1] + at * type.width, (size_t)type.width);
      return;
    case BITS:
      add(hash, (uint8_t[]){bit_at(array->buffers[1], at)}, 1);
      return;
    case BYTES:
      from = offset_at(array, type, at), to = offset_at(array, type, at + 1);
      HOLDS(to == from || array->buffers[2], "%s: column '%s' has no bytes", what, schema->name);
      if (type.is_text)
        HOLDS(is_utf8((const char *)array->buffers[2] + from, (size_t)(to - from)), "%s: '%s' is not UTF-8 in record %lld",
              what, schema->name, (long long)index + 1);
      add(hash, &(int64_t){to - from}, sizeof from);
      add(hash, (const char *)array->buffers[2] + from, (size_t)(to - from));
      return;
    case LIST:
      from = offset_at(array, type, at), to = offset_at(array, type, at + 1);
      add(hash, &(int64_t){to - from}, sizeof from);
      for (int64_t i = from; i < to; i++) add_value(schema->children[0], array->children[0], i, hash, what);
      return;
    case STRUCT:
      for (int64_t i = 0; i < schema->n_children; i++)
        add_value(schema->children[i], array->children[i], at, hash, what);
      return;
    default:
      return;
  }
}

void read_batch(const struct ArrowSchema *schema, const struct ArrowArray *batch, struct digest *into, const char *what) {
  check_array(schema, batch, 0, what);
  if (!into->hash) {
    into->columns = schema->n_children;
    into->hash = need((size_t)schema->n_children * sizeof into->hash[0]);
  }
  for (int64_t column = 0; column < schema->n_children; column++)
    for (int64_t i = 0; i < batch->length; i++)
      add_value(schema->children[column], batch->children[column], batch->offset + i, &into->hash[column], what);
  into->rows += batch->length;
}

void release_array(struct ArrowArray *array, const char *what) {
  array->release(array);
  HOLDS(!array->release, "%s: release() of an array does not leave NULL in its place", what);
}

bool same_digest(const struct digest *a, const struct digest *b) {
  if (a->rows != b->rows) return false;
  /* Of what a writer has written only the records are counted. */
  if (a->rows == 0 || a->columns + b->columns == 0) return true;
  return a->columns == b->columns && memcmp(a->hash, b->hash, (size_t)a->columns * sizeof a->hash[0]) == 0;
}

void free_digest(struct digest *digest) {
  free(digest->hash);
  *digest = (struct digest){0};
}

bool is_utf8(const char *text, size_t length) {
  const unsigned char *at = (const unsigned char *)text, *end = at + length;
  while (at < end) {
    unsigned lead = *at++, more = lead < 0x80 ? 0 : lead < 0xc2 ? 4 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 4;
    if (more == 4 || (size_t)(end - at) < more) return false;
    if ((lead == 0xe0 && *at < 0xa0) || (lead == 0xed && *at > 0x9f)) return false;
    if ((lead == 0xf0 && *at < 0x90) || (lead == 0xf4 && *at > 0x8f)) return false;
    for (; more > 0; more--)
      if ((*at++ & 0xc0) != 0x80) return false;
  }
  return true;
}
