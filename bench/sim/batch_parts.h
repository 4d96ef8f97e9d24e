#ifndef SIM_BATCH_PARTS_H
#define SIM_BATCH_PARTS_H

#include "sim/batch.h"

/* What batch.c, batch_work.c, batch_state.c and shelf.c know of one another. */

struct shelf_file *shelf_new(struct world *w, const struct exchange *x, const char *name,
                             bool output);
struct shelf_file *shelf_find(struct world *w, struct str id); /* NULL: there is none */

/* A call of /files; rest: of the path, behind that. */
void shelf_answer(struct world *w, struct exchange *x, const struct http *http,
                  struct str rest);

/* Lines into items; what is wrong with them into complaints. */
void job_validate(struct job *j);

/* Answer all whose turn has come by then. x: who asks, for the time. */
void job_work(struct world *w, struct exchange *x, struct job *j, ns_t now);

/* How many of its items are done by then, if nothing ends it before. */
size_t job_due(const struct world *w, const struct job *j, ns_t now);

void job_cancel(struct world *w, struct job *j, ns_t now);
bool job_is_over(const struct world *w, const struct job *j, ns_t now);

/* The batch object, as it is then. */
void job_put(struct buf *out, const struct world *w, const struct job *j, ns_t now);

/* Its line of the truth log. */
void job_note(struct world *w, struct job *j, ns_t now);

#endif
