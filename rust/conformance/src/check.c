#include "check.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int report_fd = STDERR_FILENO;

static void say(char kind, const char *format, va_list values) {
  char text[4096] = {kind};
  int length = vsnprintf(text + 1, sizeof text - 1, format, values);
  size_t bytes = (size_t)length + 2 < sizeof text ? (size_t)length + 2 : sizeof text;
  if (write(report_fd, text, bytes) < 0) abort();
}

void broke(const char *format, ...) {
  static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
  /* Of several threads the first is heard, and ends them all. */
  pthread_mutex_lock(&first);
  va_list values;
  va_start(values, format);
  say('!', format, values);
  va_end(values);
  _exit(1);
}

void note(const char *format, ...) {
  va_list values;
  va_start(values, format);
  say('+', format, values);
  va_end(values);
}

void *need(size_t bytes) { return need_more(NULL, bytes); }

void *need_more(void *memory, size_t bytes) {
  void *made = realloc(memory, bytes > 0 ? bytes : 1);
  if (!made) broke("the host is out of memory");
  if (!memory) memset(made, 0, bytes);
  return made;
}

char *need_copy(const char *text) { return strcpy(need(strlen(text) + 1), text); }

static size_t pages_of(size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return (size + page - 1) / page * page;
}

void *fence(size_t size) {
  size_t room = pages_of(size), page = pages_of(1);
  char *start = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED || mprotect(start + room, page, PROT_NONE) != 0) broke("the host is out of memory");
  return start + room - size;
}

void fence_free(void *memory, size_t size) {
  if (memory) munmap((char *)memory + size - pages_of(size), pages_of(size) + pages_of(1));
}
