#ifndef SIM_TOOLRUN_H
#define SIM_TOOLRUN_H

#include "base/buf.h"
#include "sim/exchange.h"
#include "sim/setting.h"

/*
 * Tools that the server runs itself, one after the other, before it answers: for systems,
 * and for models that are given a built-in tool. Drawn when the request is admitted, told
 * in executed_tools: in a stream each twice, as it begins and with its output.
 */

/* Which tools, for how long: x->runs. */
void toolrun_plan(struct exchange *x, const struct ask *a, const struct setting *set);

/* All of them together. */
ns_t toolrun_time(const struct exchange *x);

/* Of the two events of each tool, event i: when, counted from the end of the prefill. */
ns_t toolrun_at(const struct exchange *x, size_t i);
size_t toolrun_events(const struct exchange *x);

/* The delta of event i; all of them, as a message holds them. */
void toolrun_delta(struct buf *out, const struct exchange *x, size_t i);
void toolrun_message(struct buf *out, const struct exchange *x);

/* usage_breakdown: the models behind a system and what each used; "null" for others. */
void toolrun_breakdown(struct buf *out, const struct exchange *x);

#endif
