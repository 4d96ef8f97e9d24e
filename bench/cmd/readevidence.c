#include "cmd/readevidence.h"

#include <stdlib.h>

#include "base/mem.h"
#include "cmd/readrun.h"

struct evidence *readevidence(const char *run, struct err *err)
{
    struct journal_notes notes = { 0 };
    struct readrun rr = { 0 };
    struct evidence *e = NULL;
    struct summary s;

    if (!readrun_open(&rr, run, &notes, err)) {
        summary_make(&s, &rr.run, rr.recorder);
        e = evidence_make(&s, rr.recorder, run);
        summary_free(&s);
    }
    readrun_close(&rr);
    return e;
}

void evidence_list_add(struct evidence_list *l, struct evidence *e)
{
    l->p = mem_grow(l->p, l->n, &l->cap, sizeof(struct evidence *));
    l->p[l->n++] = e;
}

void evidence_list_free(struct evidence_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        evidence_free(l->p[i]);
    free(l->p);
}
