#ifndef CMD_READEVIDENCE_H
#define CMD_READEVIDENCE_H

#include "base/err.h"
#include "data/evidence.h"

/* What compares the run in that directory or journal; NULL with *err. */
struct evidence *readevidence(const char *run, struct err *err);

/* Runs that grow; owns them. */
struct evidence_list {
    struct evidence **p;
    size_t n, cap;
};
void evidence_list_add(struct evidence_list *l, struct evidence *e);
void evidence_list_free(struct evidence_list *l);

#endif
