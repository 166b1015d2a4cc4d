/*
 * Runs any native plugin of ABI 2 through what dativo_plugin.h asks of it, a line for each behaviour, and ends with 1 when
 * one did not hold. Each behaviour has a process of its own, so a crash, a hang or what Valgrind finds is said of it alone.
 */
#include "arrow_make.h"
#include "behaviours.h"
#include "check.h"

#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: conformance LIBRARY:SYMBOL [options]\n"
    "  --config JSON          of a whole run; $OUTPUT stands for a fresh folder, $SECRET for a credential\n"
    "  --hanging JSON         a configuration whose calls return only when they are cancelled\n"
    "  --columns NAME=FORMAT;NAME=FORMAT\n"
    "                         what goes in, in the Arrow formats l g b u z tdD ttu tsu: tsu:UTC d:38,5 +l +s,\n"
    "                         with ! behind one that is never null; by default one column of each\n"
    "  --bytes FILE           what goes in is one column of bytes, which hold this file\n"
    "  --huge ROWS            records of the huge batch (1000000)\n"
    "  --cancel-seconds S     how long a cancelled call may take (1)\n"
    "  --patience S           after which a behaviour counts as hanging (120)\n"
    "  --only NAME            one behaviour\n";

struct settings settings = {.config = "{}", .cancel_seconds = 1};
static const char *only;
static double patience = 120;

_Noreturn static void give_up(const char *what, const char *about) {
  fprintf(stderr, "conformance: %s%s\n", what, about);
  exit(2);
}

/* ---- what goes in ---- */

static struct column *columns;
static int column_count;
static int64_t huge_rows = 1000000;
static char *bytes;
static int64_t byte_count;

static void fill_normal(int batch, struct ArrowArray *out) {
  static const int64_t first[] = {0, 101, 101, 101}, rows[] = {101, 0, 1000, 1};
  make_batch(columns, column_count, first[batch], rows[batch], out);
}

static void fill_empty(int batch, struct ArrowArray *out) { make_batch(columns, column_count, batch, 0, out); }

static void fill_huge(int batch, struct ArrowArray *out) { make_batch(columns, column_count, batch, huge_rows, out); }

/* The file in pieces: two in a batch, none in the next, the rest in the last. */
static void fill_pieces(int batch, struct ArrowArray *out) {
  int64_t piece = byte_count / 3;
  const char *const parts[] = {bytes, bytes + piece, bytes + 2 * piece};
  const int64_t lengths[] = {piece, piece, byte_count - 2 * piece};
  make_bytes(parts + batch, lengths + batch, batch == 0 ? 2 : batch == 1 ? 0 : 1, out);
}

static void fill_no_bytes(int batch, struct ArrowArray *out) {
  make_bytes((const char *const[]){""}, (int64_t[]){0}, batch, out);
}

static void fill_all_bytes(int batch, struct ArrowArray *out) {
  (void)batch;
  make_bytes((const char *const[]){bytes}, (int64_t[]){byte_count}, 1, out);
}

static void prepare_input(void) {
  if (bytes) {
    const struct ArrowSchema *schema = lent_schema(&(struct column){"bytes", "z", true}, 1);
    settings.input = (struct input){schema, 3, fill_pieces};
    settings.empty = (struct input){schema, 2, fill_no_bytes};
    settings.huge = (struct input){schema, 1, fill_all_bytes};
    return;
  }
  if (!columns) columns = memcpy(need((size_t)EVERY_TYPE_COUNT * sizeof *columns), EVERY_TYPE,
                                 (size_t)(column_count = EVERY_TYPE_COUNT) * sizeof *columns);
  const struct ArrowSchema *schema = lent_schema(columns, column_count);
  settings.input = (struct input){schema, 4, fill_normal};
  settings.empty = (struct input){schema, 2, fill_empty};
  settings.huge = (struct input){schema, 1, fill_huge};
}

static void read_columns(char *text) {
  for (char *part = strtok(text, ";"); part; part = strtok(NULL, ";")) {
    columns = need_more(columns, (size_t)(column_count + 1) * sizeof *columns);
    struct column *column = &columns[column_count++];
    *column = (struct column){0};
    if (sscanf(part, "%63[^=]=%15s", column->name, column->format) != 2) give_up("this is no NAME=FORMAT: ", part);
    size_t end = strlen(column->format) - 1;
    column->required = column->format[end] == '!';
    if (column->required) column->format[end] = '\0';
  }
}

static void read_bytes(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) give_up(path, " cannot be read");
  byte_count = ftell(file);
  bytes = need((size_t)byte_count);
  rewind(file);
  if (fread(bytes, 1, (size_t)byte_count, file) != (size_t)byte_count) give_up(path, " cannot be read");
  fclose(file);
}

/* ---- the library ---- */

static void *symbol_of(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (!found) give_up(dlerror(), "");
  return found;
}

static void load(char *path) {
  static const struct kind *const kinds[] = {NULL, &READER, &TRANSFORM, &WRITER, &STREAM};
  char *symbol = strrchr(path, ':');
  if (!symbol) give_up("this is no LIBRARY:SYMBOL: ", path);
  *symbol++ = '\0';
  /* Kept until the end: the code of a library with threads must stay where it is. */
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) give_up(dlerror(), "");
  uint32_t (*number)(void) = (uint32_t (*)(void))symbol_of(library, "dativo_abi_version");
  if (number() != DATIVO_ABI_VERSION) give_up(path, " does not speak ABI 2");
  char kind[256];
  snprintf(kind, sizeof kind, "%s_kind", symbol);
  number = (uint32_t (*)(void))symbol_of(library, kind);
  uint32_t which = number();
  uint32_t known = (which & 0xff) == DTV_KIND_WRITER ? DTV_WRITER_COMMITS | DTV_WRITER_ANSWERS | DTV_WRITER_VOLATILE : 0;
  if ((which & 0xff) < 1 || (which & 0xff) > 4 || which & ~0xffu & ~known) give_up(kind, " names no kind that is known");
  settings.plugin = (struct plugin){(factory_fn)symbol_of(library, symbol), kinds[which & 0xff], which & known};
}

/* ---- manners: rule 7 ---- */

static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGPIPE, SIGCHLD, SIGUSR1};
enum { SIGNAL_COUNT = sizeof SIGNALS / sizeof SIGNALS[0] };

struct manners {
  char *folder, *locale;
  mode_t mask;
  void (*handlers[SIGNAL_COUNT])(int);
};

static struct manners manners_now(void) {
  struct manners now = {.folder = getcwd(NULL, 0), .locale = need_copy(setlocale(LC_ALL, NULL)), .mask = umask(0)};
  umask(now.mask);
  for (int i = 0; i < SIGNAL_COUNT; i++) {
    struct sigaction action;
    sigaction(SIGNALS[i], NULL, &action);
    now.handlers[i] = action.sa_handler;
  }
  return now;
}

static void check_manners(const struct manners *before, bool stays) {
  struct manners now = manners_now();
  HOLDS(!stays || strcmp(before->folder, now.folder) == 0, "the working directory is changed");
  HOLDS(strcmp(before->locale, now.locale) == 0, "the locale is changed");
  HOLDS(before->mask == now.mask, "the umask is changed");
  for (int i = 0; i < SIGNAL_COUNT; i++)
    HOLDS(before->handlers[i] == now.handlers[i], "the handler of signal %d is changed", SIGNALS[i]);
  struct stat facts;
  HOLDS(fstat(STDOUT_FILENO, &facts) == 0 && facts.st_size == 0, "something is written to standard output");
  free(now.folder);
  free(now.locale);
}

/* ---- one behaviour, in a process of its own ---- */

_Noreturn static void be(const struct behaviour *behaviour, int report) {
  report_fd = report;
  FILE *nothing = tmpfile();
  HOLDS(nothing && dup2(fileno(nothing), STDOUT_FILENO) >= 0, "the host cannot make a file");
  struct manners before = manners_now();
  behaviour->run();
  fflush(stdout);
  /* Hostile configurations are tried in a folder of their own. */
  check_manners(&before, behaviour->run != refuse_hostile_configurations);
  free(before.folder);
  free(before.locale);
  exit(0); /* not _exit: memory checkers look at what is left */
}

/* The last sentence of the process, which ends with NUL as each does; NULL when it takes too long. */
static char *listen_to(int report, pid_t child) {
  static char text[65536];
  size_t length = 0;
  struct pollfd ready = {report, POLLIN, 0};
  for (ssize_t got = 1; got > 0; length += (size_t)got) {
    if (poll(&ready, 1, (int)(patience * 1000)) == 0) {
      kill(child, SIGKILL);
      return NULL;
    }
    got = read(report, text + length, sizeof text - 1 - length);
    if (got < 0) got = 0;
  }
  text[length] = '\0';
  size_t last = length > 0 ? length - 1 : 0;
  while (last > 0 && text[last - 1] != '\0') last--;
  return text + last;
}

static bool judge(const char *name, const char *said, int status) {
  const char *why = NULL;
  char text[128];
  if (!said) why = "it does not return";
  else if (said[0] == '!') why = said + 1;
  else if (WIFSIGNALED(status)) snprintf(text, sizeof text, "it crashes: %s", strsignal(WTERMSIG(status)));
  else if (WEXITSTATUS(status) != 0)
    snprintf(text, sizeof text, "it ends with %d; see what is said above", WEXITSTATUS(status));
  else if (said[0] != '+') why = "the library ends the process";
  else {
    printf("ok    %-8s %s\n", name, said + 1);
    return true;
  }
  printf("FAIL  %-8s %s\n", name, why ? why : text);
  return false;
}

static bool holds(const struct behaviour *behaviour) {
  const char *why_not = behaviour->why_not();
  if (why_not) {
    printf("-     %-8s %s\n", behaviour->name, why_not);
    return true;
  }
  fflush(NULL);
  int report[2];
  if (pipe(report) != 0) give_up("no pipe: ", strerror(errno));
  pid_t child = fork();
  if (child < 0) give_up("no process: ", strerror(errno));
  if (child == 0) {
    close(report[0]);
    be(behaviour, report[1]);
  }
  close(report[1]);
  const char *said = listen_to(report[0], child);
  close(report[0]);
  int status;
  waitpid(child, &status, 0);
  return judge(behaviour->name, said, status);
}

/* ---- the command ---- */

static void read_option(const char *name, char *value) {
  if (!value) give_up(USAGE, "");
  if (strcmp(name, "--config") == 0) settings.config = value;
  else if (strcmp(name, "--hanging") == 0) settings.hanging = value;
  else if (strcmp(name, "--columns") == 0) read_columns(value);
  else if (strcmp(name, "--bytes") == 0) read_bytes(value);
  else if (strcmp(name, "--huge") == 0) huge_rows = atoll(value);
  else if (strcmp(name, "--cancel-seconds") == 0) settings.cancel_seconds = atof(value);
  else if (strcmp(name, "--patience") == 0) patience = atof(value);
  else if (strcmp(name, "--only") == 0) only = value;
  else give_up(USAGE, name);
}

int main(int count, char **arguments) {
  if (count < 2) give_up(USAGE, "");
  for (int i = 2; i < count; i += 2) read_option(arguments[i], i + 1 < count ? arguments[i + 1] : NULL);
  load(arguments[1]);
  prepare_input();
  int failed = 0, tried = 0;
  for (int i = 0; i < BEHAVIOUR_COUNT; i++) {
    if (only && strcmp(only, BEHAVIOURS[i].name) != 0) continue;
    tried++;
    failed += !holds(&BEHAVIOURS[i]);
  }
  if (tried == 0) give_up("there is no behaviour ", only);
  printf("%s, %d of %d behaviours do not hold\n", settings.plugin.kind->name, failed, tried);
  return failed > 0;
}
