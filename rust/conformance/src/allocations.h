/* Counts the allocations of the process, those of the library among them. */
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

/* How many are live; -1 where nothing is counted: under memory checkers, which count for themselves. */
long live_allocations(void);

#endif
