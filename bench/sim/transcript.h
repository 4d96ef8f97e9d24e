#ifndef SIM_TRANSCRIPT_H
#define SIM_TRANSCRIPT_H

#include "base/buf.h"
#include "sim/exchange.h"

/* What was heard, in the form that was asked for: the body of ANSWER_TRANSCRIPT. */
void transcript_put(struct buf *out, const struct exchange *x);

static inline bool transcript_is_text(const struct exchange *x)
{
    return x->answer == ANSWER_TRANSCRIPT && x->transcript.form == TRANSCRIPT_TEXT;
}

#endif
