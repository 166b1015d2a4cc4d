/* How a behaviour says that it does not hold. Each runs in a process of its own, so there is nothing to clean up. */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

/* Ends the process of the behaviour with one sentence. */
_Noreturn void broke(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define HOLDS(condition, ...)              \
  do {                                     \
    if (!(condition)) broke(__VA_ARGS__);  \
  } while (0)

/* What is said of a behaviour that held. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Where broke and note write to. */
extern int report_fd;

/* Memory of the host's own; out of it, the program ends. */
void *need(size_t bytes);
void *need_more(void *memory, size_t bytes);
char *need_copy(const char *text);

/*
 * Zeroed memory that ends where a page ends which nobody may touch: whoever reads or writes behind `size` crashes. Given
 * back with fence_free.
 */
void *fence(size_t size);
void fence_free(void *memory, size_t size);

#endif
