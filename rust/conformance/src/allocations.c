#include "allocations.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

/*
 * The program's own malloc stands in front of that of the C library, which is named by its other name. The statistics of
 * glibc would not do: what a thread keeps for its next malloc counts there as in use.
 */
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_long live, made;

static void *count(void *memory) {
  if (!memory) return NULL;
  atomic_fetch_add(&live, 1);
  atomic_fetch_add(&made, 1);
  return memory;
}

void *malloc(size_t size) { return count(__libc_malloc(size)); }

void *calloc(size_t items, size_t size) { return count(__libc_calloc(items, size)); }

void *memalign(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
  void *made_now = memalign(alignment, size);
  if (!made_now) return ENOMEM;
  *memory = made_now;
  return 0;
}

void free(void *memory) {
  if (memory) atomic_fetch_sub(&live, 1);
  __libc_free(memory);
}

void *realloc(void *memory, size_t size) {
  if (!memory) return malloc(size);
  if (size > 0) return __libc_realloc(memory, size);
  free(memory);
  return NULL;
}

long live_allocations(void) { return atomic_load(&made) > 0 ? atomic_load(&live) : -1; }

#else

long live_allocations(void) { return -1; }

#endif
