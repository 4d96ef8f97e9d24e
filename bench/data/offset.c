#include "data/offset.h"

const struct offset offset_none = { .least = -INT64_MAX, .most = INT64_MAX };

/*
 * When the server wrote the date its clock showed D <= s < D + 1 s, and ours t with
 * asked <= t <= told. So s - t > D - told, and s - t < D + 1 s - asked.
 */
void offset_add(struct offset *o, ns_t asked, ns_t told, int64_t date_s)
{
    ns_t date;

    if (date_s < 0 || told < asked || __builtin_mul_overflow(date_s, NS_PER_S, &date))
        return;
    if (date - told > o->least)
        o->least = date - told;
    if (date + NS_PER_S - asked < o->most)
        o->most = date + NS_PER_S - asked;
    o->samples++;
    o->torn |= o->least > o->most;
}

bool offset_known(const struct offset *o)
{
    return o->samples && !o->torn;
}

/* With the offset in the middle, the server's next second begins at n s - middle of ours.
 */
ns_t offset_next(const struct offset *o, ns_t now)
{
    ns_t middle, behind;

    if (!offset_known(o))
        return now;
    middle = o->least + (o->most - o->least) / 2;
    behind = (now + middle) % NS_PER_S;
    return now + (behind ? NS_PER_S - behind : 0);
}
