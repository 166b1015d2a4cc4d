/*
 * Reads a list of weather stations in the fixed-width layout of NOAA's ghcnd-stations.txt, as an ArrowArrayStream.
 *
 * `files` of the job names one file; `engine.options.batch_size` is the most records of a batch.
 */
#include "columns.h"
#include "dativo_json.h"
#include "dativo_plugin.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID, LATITUDE, LONGITUDE, ELEVATION, STATE, NAME, COLUMNS };

static const struct column_spec SPECS[COLUMNS] = {
    [ID] = {"id", COLUMN_TEXT, false},
    [LATITUDE] = {"latitude", COLUMN_DOUBLE, false},
    [LONGITUDE] = {"longitude", COLUMN_DOUBLE, false},
    [ELEVATION] = {"elevation", COLUMN_DOUBLE, true},
    [STATE] = {"state", COLUMN_TEXT, true},
    [NAME] = {"name", COLUMN_TEXT, false},
};

/* Where the columns stand in a line, from 0; what is behind the name is not read. */
static const struct {
  size_t start, width;
} PLACES[COLUMNS] = {
    [ID] = {0, 11}, [LATITUDE] = {12, 8}, [LONGITUDE] = {21, 9}, [ELEVATION] = {31, 6}, [STATE] = {38, 2}, [NAME] = {41, 30},
};

enum { WIDTH = 71 };

static const double NO_ELEVATION = -999.9;

struct stations {
  FILE *file;
  char path[4096];
  char *text; /* the line that was read last */
  size_t room;
  int64_t batch_size, line;
  char error[512];
};

/* ---- errors ---- */

/* A text that does not fit is cut between characters. */
static void put_text(char *into, size_t size, const char *format, va_list values) {
  if (vsnprintf(into, size, format, values) < (int)size) return;
  size_t end = size - 1;
  while (end > 0 && ((unsigned char)into[end - 1] & 0xc0) == 0x80) end--;
  if (end > 0 && ((unsigned char)into[end - 1] & 0x80) != 0) end--;
  into[end] = '\0';
}

/* What the factory says: a code of dativo_plugin.h, and a sentence for the user. */
static int32_t refuse(dtv_error *error, int32_t code, const char *format, ...) {
  va_list values;
  va_start(values, format);
  error->code = code;
  put_text(error->message, sizeof error->message, format, values);
  va_end(values);
  return code;
}

/* What the stream says: an error number, with a sentence that get_last_error gives. */
static int fail(struct stations *stations, int code, const char *format, ...) {
  va_list values;
  va_start(values, format);
  put_text(stations->error, sizeof stations->error, format, values);
  va_end(values);
  return code;
}

/* ---- lines ---- */

static int64_t width_without_spaces(const char *field, size_t width) {
  while (width > 0 && field[width - 1] == ' ') width--;
  return (int64_t)width;
}

static size_t skip_spaces(const char *field, size_t width) {
  size_t at = 0;
  while (at < width && field[at] == ' ') at++;
  return at;
}

/* `  -73.9692`, exact: whole digits over a power of ten. strtod would ask the locale for its decimal point. */
static bool parse_decimal(const char *field, size_t width, double *value) {
  static const double POWERS[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
  size_t at = skip_spaces(field, width), digits = 0, decimals = 0;
  bool negative = at < width && field[at] == '-', point = false;
  double whole = 0;
  for (at += negative; at < width; at++) {
    if (field[at] == '.' && !point) {
      point = true;
      continue;
    }
    if (field[at] < '0' || field[at] > '9') return false;
    whole = whole * 10 + (field[at] - '0');
    digits++;
    decimals += point;
  }
  *value = (negative ? -whole : whole) / POWERS[decimals];
  return digits > 0;
}

static int add_text(struct stations *stations, struct columns *columns, size_t column, const char *line) {
  const char *field = line + PLACES[column].start;
  int64_t width = width_without_spaces(field, PLACES[column].width);
  if (width > 0) return columns_add_text(columns, column, field, (size_t)width);
  if (SPECS[column].nullable) return columns_add_null(columns, column);
  return fail(stations, EINVAL, "%s, line %lld: %s is missing", stations->path, (long long)stations->line,
              SPECS[column].name);
}

static int add_number(struct stations *stations, struct columns *columns, size_t column, const char *line) {
  const char *field = line + PLACES[column].start;
  int width = (int)PLACES[column].width;
  double value;
  if (!parse_decimal(field, PLACES[column].width, &value))
    return fail(stations, EINVAL, "%s, line %lld: %s is not a number: '%.*s'", stations->path,
                (long long)stations->line, SPECS[column].name, width, field);
  if (column == ELEVATION && value == NO_ELEVATION) return columns_add_null(columns, column);
  return columns_add_double(columns, column, value);
}

static int add_station(struct stations *stations, struct columns *columns, const char *line) {
  int code = 0;
  for (size_t i = 0; i < COLUMNS && code == 0; i++)
    code = SPECS[i].type == COLUMN_TEXT ? add_text(stations, columns, i, line) : add_number(stations, columns, i, line);
  return code;
}

/* Takes the next line, which is as wide as the columns: 0, an error number, or -1 at the end. */
static int read_line(struct stations *stations, char line[WIDTH]) {
  ssize_t read = getline(&stations->text, &stations->room, stations->file);
  if (read < 0) return feof(stations->file) ? -1 : fail(stations, EIO, "%s: %s", stations->path, strerror(errno));
  stations->line++;
  size_t length = (size_t)read;
  while (length > 0 && strchr("\r\n", stations->text[length - 1])) length--;
  if (length <= PLACES[NAME].start)
    return fail(stations, EINVAL, "%s, line %lld: this is not a line of stations", stations->path,
                (long long)stations->line);
  for (size_t i = 0; i < length; i++)
    if (stations->text[i] < ' ' || stations->text[i] > '~')
      return fail(stations, EILSEQ, "%s, line %lld: character %zu is not ASCII", stations->path,
                  (long long)stations->line, i + 1);
  memset(line, ' ', WIDTH);
  memcpy(line, stations->text, length < WIDTH ? length : WIDTH);
  return 0;
}

/* ---- the stream ---- */

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
  struct stations *stations = stream->private_data;
  stations->error[0] = '\0';
  return columns_schema(SPECS, COLUMNS, out);
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
  struct stations *stations = stream->private_data;
  stations->error[0] = '\0';
  out->release = NULL;
  struct columns *columns;
  int code = columns_new(SPECS, COLUMNS, &columns);
  if (code != 0) return code;
  int64_t rows = 0;
  for (char line[WIDTH]; code == 0 && rows < stations->batch_size; rows++) {
    code = read_line(stations, line);
    if (code == 0) code = add_station(stations, columns, line);
    if (code != 0) break;
  }
  /* At the end, out->release stays NULL. */
  if (code > 0 || rows == 0) {
    columns_free(columns);
    return code > 0 ? code : 0;
  }
  return columns_finish(columns, out);
}

static const char *get_last_error(struct ArrowArrayStream *stream) {
  struct stations *stations = stream->private_data;
  return stations->error[0] ? stations->error : NULL;
}

static void release(struct ArrowArrayStream *stream) {
  struct stations *stations = stream->private_data;
  fclose(stations->file);
  free(stations->text);
  free(stations);
  stream->release = NULL;
}

/* ---- what the library exports ---- */

DATIVO_EXPORT uint32_t dativo_abi_version(void) { return DATIVO_ABI_VERSION; }

DATIVO_EXPORT uint32_t create_stations_kind(void) { return DTV_KIND_STREAM; }

static int32_t configure(struct stations *stations, const char *config_json, dtv_error *error) {
  const char *config = dtv_json_value(config_json);
  if (!config || *config != '{') return refuse(error, DTV_CONFIG, "the configuration is not a JSON object");
  const char *files = dtv_json_member(config, "files");
  if (dtv_json_count(files) != 1)
    return refuse(error, DTV_CONFIG, "files: one file is read, %zu are named", dtv_json_count(files));
  const char *path = dtv_json_member(dtv_json_first(files), "path");
  if (dtv_json_text(path, stations->path, sizeof stations->path) <= 0)
    return refuse(error, DTV_CONFIG, "files[0].path is not the path of a file");
  const char *size = dtv_json_member(dtv_json_member(dtv_json_member(config, "engine"), "options"), "batch_size");
  stations->batch_size = 65536;
  if (size && (!dtv_json_integer(size, &stations->batch_size) || stations->batch_size < 1))
    return refuse(error, DTV_CONFIG, "engine.options.batch_size is not a number of records");
  return DTV_OK;
}

static int32_t open_file(struct stations *stations, dtv_error *error) {
  stations->file = fopen(stations->path, "r");
  if (stations->file) return DTV_OK;
  int32_t code = errno == ENOENT ? DTV_NOT_FOUND : errno == EACCES ? DTV_PERMISSION : DTV_IO;
  return refuse(error, code, "%s: %s", stations->path, strerror(errno));
}

DATIVO_EXPORT int32_t create_stations(uint32_t host_abi, const char *config_json, struct ArrowArrayStream *out,
                                      dtv_error *error) {
  if (host_abi != DATIVO_ABI_VERSION)
    return refuse(error, DTV_CONFIG, "the host speaks ABI %u, this library %d", host_abi, DATIVO_ABI_VERSION);
  struct stations *stations = calloc(1, sizeof *stations);
  if (!stations) return refuse(error, DTV_LIMIT, "out of memory");
  int32_t code = configure(stations, config_json, error);
  if (code == DTV_OK) code = open_file(stations, error);
  if (code != DTV_OK) {
    free(stations);
    return code;
  }
  *out = (struct ArrowArrayStream){get_schema, get_next, get_last_error, release, stations};
  return DTV_OK;
}
