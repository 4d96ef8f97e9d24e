#include "data/trace_shape.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

/* Beyond that many requests one trace is of little use in most viewers. */
enum { NESTED_MOST = 1000 };

static void read_target(struct json *j, bool *sent)
{
    struct str key;

    if (!json_open_object(j))
        return;
    while (json_key(j, &key))
        if (str_is(key, "traceparent"))
            json_bool(j, sent);
        else
            json_skip(j);
}

bool trace_is_sent(const struct run *run)
{
    struct json j;
    struct str key;
    bool sent = false;

    json_init(&j, run->scenario, strlen(run->scenario));
    if (!json_open_object(&j))
        return false;
    while (json_key(&j, &key))
        if (str_is(key, "target"))
            read_target(&j, &sent);
        else
            json_skip(&j);
    return sent;
}

/* Requests under the line of the rate. */
static double area(const struct run_load *l)
{
    double sum = 0;

    for (size_t i = 1; i < l->n_points; i++)
        sum += (double)(l->points[i].millionths + l->points[i - 1].millionths) / 2e6 *
               (double)(l->points[i].at - l->points[i - 1].at) / NS_PER_S;
    return sum;
}

/* Infinite where the scenario does not say: a closed loop that lasts by the clock. */
static double expected(const struct run *run)
{
    double sum = 0;

    for (size_t t = 0; t < run->n_trials; t++) {
        const struct run_cell *cell = &run->cells[run->trials[t].cell];

        for (size_t p = 0; p < cell->n_loads; p++) {
            const struct run_load *l = &cell->loads[p];

            if (l->requests)
                sum += (double)l->requests;
            else
                sum += l->open ? area(l) : INFINITY;
        }
    }
    return sum;
}

bool trace_nested(const struct run *run)
{
    return expected(run) <= NESTED_MOST && !trace_is_sent(run);
}

void trace_id_of(const struct run *run, bool nested, uint64_t req,
                 uint8_t id[TRACE_ID_BYTES])
{
    if (nested)
        trace_id_run(run->id, id);
    else
        trace_id_request(run->id, req, id);
}
