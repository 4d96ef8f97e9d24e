#ifndef DATA_SEARCH_FORECAST_H
#define DATA_SEARCH_FORECAST_H

#include "data/search.h"

/*
 * What a search is going to take and come to, before anything is sent: played against
 * knees all over its range, whose every probe says the truth. An overloaded probe drains as
 * long as its queue is; latency is that of a request where nobody waits.
 */
struct search_forecast {
    unsigned fewest; /* probes */
    unsigned most;
    ns_t longest; /* with all its probes */
    int64_t
        width_ppm; /* of the widest bracket, of its lower side; -1: one has no two sides */
    unsigned open; /* knees that are not found, or not confirmed, of SEARCH_KNEES */
};
enum { SEARCH_KNEES = 96 };

struct search_forecast search_forecast(const struct search_spec *spec, ns_t latency);

#endif
