/*
 * Reads JSON for plugins in C, which get their configuration as such. A value is a pointer to its first character, or
 * NULL for none; every function takes NULL, so paths need one check at their end:
 *
 *   int64_t rows;
 *   dtv_json_integer(dtv_json_member(dtv_json_member(engine, "options"), "rows"), &rows)
 *
 * Nothing is allocated. What is not JSON (RFC 8259) to its last character, or deeper than 128, has no value at all.
 */
#ifndef DATIVO_JSON_H
#define DATIVO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DTV_JSON_DEPTH 128

static inline const char *dtv_json_space(const char *at) { return at + strspn(at, " \t\r\n"); }

static inline int dtv_json_hex(const char *at) {
  int code = 0;
  for (int i = 0; i < 4; i++) {
    const char *digits = "0123456789abcdefABCDEF", *found = at[i] ? strchr(digits, at[i]) : NULL;
    if (!found) return -1;
    long digit = found - digits;
    code = code * 16 + (int)(digit < 16 ? digit : digit - 6);
  }
  return code;
}

/*
 * One character of a text as UTF-8, `at` moved behind it: its length, 0 at the closing quote, -1 for what is no JSON.
 */
static inline int dtv_json_character(const char **at, char utf8[4]) {
  const unsigned char *from = (const unsigned char *)*at;
  if (*from == '"') return 0;
  if (*from < 0x20) return -1;
  if (*from != '\\') {
    int length = *from < 0x80 ? 1 : *from < 0xc2 ? -1 : *from < 0xe0 ? 2 : *from < 0xf0 ? 3 : *from < 0xf5 ? 4 : -1;
    for (int i = 1; i < length; i++)
      if ((from[i] & 0xc0) != 0x80) return -1;
    /* Overlong forms, surrogates, and what is beyond the last character. */
    if ((*from == 0xe0 && from[1] < 0xa0) || (*from == 0xed && from[1] > 0x9f)) return -1;
    if ((*from == 0xf0 && from[1] < 0x90) || (*from == 0xf4 && from[1] > 0x8f)) return -1;
    if (length > 0) memcpy(utf8, from, (size_t)length);
    *at += length > 0 ? length : 0;
    return length;
  }
  const char *names = "\"\\/bfnrt", *name = from[1] ? strchr(names, from[1]) : NULL;
  if (name) {
    utf8[0] = "\"\\/\b\f\n\r\t"[name - names];
    *at += 2;
    return 1;
  }
  int32_t code = from[1] == 'u' ? dtv_json_hex(*at + 2) : -1;
  if (code < 0 || (code & 0xfc00) == 0xdc00) return -1;
  *at += 6;
  if ((code & 0xfc00) == 0xd800) {
    int low = (*at)[0] == '\\' && (*at)[1] == 'u' ? dtv_json_hex(*at + 2) : -1;
    if ((low & 0xfc00) != 0xdc00) return -1;
    code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    *at += 6;
  }
  int length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (int i = length - 1; i > 0; i--, code >>= 6) utf8[i] = (char)(0x80 | (code & 0x3f));
  utf8[0] = (char)(length == 1 ? code : (0xf00 >> length & 0xf0) | code);
  return length;
}

static inline const char *dtv_json_text_end(const char *at) {
  char utf8[4];
  int length;
  if (*at++ != '"') return NULL;
  while ((length = dtv_json_character(&at, utf8)) > 0) continue;
  return length == 0 ? at + 1 : NULL;
}

static inline const char *dtv_json_digits(const char *at) {
  size_t count = strspn(at, "0123456789");
  return count > 0 ? at + count : NULL;
}

static inline const char *dtv_json_number_end(const char *at) {
  if (*at == '-') at++;
  at = *at == '0' ? at + 1 : dtv_json_digits(at);
  if (at && *at == '.') at = dtv_json_digits(at + 1);
  if (!at || (*at != 'e' && *at != 'E')) return at;
  at++;
  return dtv_json_digits(*at == '+' || *at == '-' ? at + 1 : at);
}

/* Behind a value of at most this depth; NULL when it is no JSON. */
static inline const char *dtv_json_end_within(const char *at, int depth) {
  static const char *const words[] = {"true", "false", "null"};
  for (int i = 0; i < 3; i++)
    if (strncmp(at, words[i], strlen(words[i])) == 0) return at + strlen(words[i]);
  if (*at == '"') return dtv_json_text_end(at);
  if (*at != '{' && *at != '[') return dtv_json_number_end(at);
  if (depth == 0) return NULL;
  char open = *at, close = (char)(open + 2);
  at = dtv_json_space(at + 1);
  if (*at == close) return at + 1;
  for (;; at = dtv_json_space(at + 1)) {
    if (open == '{') {
      at = dtv_json_text_end(at);
      if (!at) return NULL;
      at = dtv_json_space(at);
      if (*at != ':') return NULL;
      at = dtv_json_space(at + 1);
    }
    at = dtv_json_end_within(at, depth - 1);
    if (!at) return NULL;
    at = dtv_json_space(at);
    if (*at == close) return at + 1;
    if (*at != ',') return NULL;
  }
}

/* The value of a whole text; NULL when it is no JSON. */
static inline const char *dtv_json_value(const char *text) {
  if (!text) return NULL;
  const char *value = dtv_json_space(text), *end = dtv_json_end_within(value, DTV_JSON_DEPTH);
  return end && *dtv_json_space(end) == '\0' ? value : NULL;
}

/* Behind a value that is inside of a valid text. */
static inline const char *dtv_json_end(const char *value) { return dtv_json_end_within(value, DTV_JSON_DEPTH); }

/* The first value of an array or object, or the name of that value; NULL for an empty one and for other values. */
static inline const char *dtv_json_first(const char *value) {
  if (!value || (*value != '{' && *value != '[')) return NULL;
  const char *at = dtv_json_space(value + 1);
  return *at == '}' || *at == ']' ? NULL : at;
}

/* What stands behind the comma behind a value. */
static inline const char *dtv_json_next(const char *value) {
  const char *at = dtv_json_space(dtv_json_end(value));
  return *at == ',' ? dtv_json_space(at + 1) : NULL;
}

/* The value that stands behind a name. */
static inline const char *dtv_json_named(const char *name) {
  return dtv_json_space(dtv_json_space(dtv_json_end(name)) + 1);
}

/* Copies a text, with NUL: its length, or -1 when it is no text, does not fit, or has a NUL inside. */
static inline int64_t dtv_json_text(const char *value, char *into, size_t size) {
  if (!value || *value != '"') return -1;
  size_t length = 0;
  char utf8[4];
  int bytes;
  for (const char *at = value + 1; (bytes = dtv_json_character(&at, utf8)) > 0; length += (size_t)bytes) {
    if (length + (size_t)bytes >= size || utf8[0] == '\0') return -1;
    memcpy(into + length, utf8, (size_t)bytes);
  }
  into[length] = '\0';
  return (int64_t)length;
}

static inline bool dtv_json_is_text(const char *value, const char *text) {
  char utf8[4];
  int bytes;
  const char *at = value + 1;
  for (; (bytes = dtv_json_character(&at, utf8)) > 0; text += bytes)
    if (utf8[0] == '\0' || strncmp(text, utf8, (size_t)bytes) != 0) return false;
  return *text == '\0';
}

/* The member of an object; the last, where a name is there twice. */
static inline const char *dtv_json_member(const char *object, const char *name) {
  const char *found = NULL;
  if (!object || *object != '{') return NULL;
  for (const char *at = dtv_json_first(object); at; at = dtv_json_next(dtv_json_named(at)))
    if (dtv_json_is_text(at, name)) found = dtv_json_named(at);
  return found;
}

static inline size_t dtv_json_count(const char *array) {
  size_t count = 0;
  if (!array || *array != '[') return 0;
  for (const char *at = dtv_json_first(array); at; at = dtv_json_next(at)) count++;
  return count;
}

/* A whole number without fraction or exponent; false for other values, and beyond 64 bits. */
static inline bool dtv_json_integer(const char *value, int64_t *into) {
  if (!value || (*value != '-' && (*value < '0' || *value > '9'))) return false;
  const char *end = dtv_json_end(value);
  bool negative = *value == '-';
  int64_t sum = 0;
  for (const char *at = value + negative; at < end; at++) {
    if (*at < '0' || *at > '9') return false;
    int digit = negative ? '0' - *at : *at - '0';
    if (negative ? sum < (INT64_MIN - digit) / 10 : sum > (INT64_MAX - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  *into = sum;
  return true;
}

#endif
