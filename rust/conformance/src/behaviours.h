/* What every plugin must keep to. Each function runs in a process of its own, and ends it where something does not hold. */
#ifndef BEHAVIOURS_H
#define BEHAVIOURS_H

#include "session.h"

struct settings {
  struct plugin plugin;
  const char *config;
  const char *hanging; /* a configuration whose calls do not return until they are cancelled; or NULL */
  double cancel_seconds;
  struct input input, empty, huge; /* for plugins that take records */
};

extern struct settings settings;

struct behaviour {
  const char *name;
  void (*run)(void);
  /* NULL, or why it says nothing of this plugin. */
  const char *(*why_not)(void);
};

extern const struct behaviour BEHAVIOURS[];
extern const int BEHAVIOUR_COUNT;

/* In hostile.c */
void refuse_hostile_configurations(void);
void refuse_other_abis(void);
void honour_sizes(void);
/* In cancelling.c */
void return_when_cancelled(void);

#endif
