#include "api/compound.h"

/* What one item of executed_tools says. */
struct item {
    int64_t index;
    bool output;
};

static struct item read_item(struct json *j, int64_t place)
{
    struct item item = { place, false };
    struct str key;

    if (!json_open_object(j))
        return item;
    while (json_key(j, &key))
        if (str_is(key, "index")) {
            json_int(j, &item.index);
        } else {
            item.output |= str_is(key, "output") && json_kind(j) != JSON_IS_NULL;
            json_skip(j);
        }
    return item;
}

/* A tool that was named before ends with its output; its time is added. */
static void end_tool(struct answer *a, int64_t index, ns_t at)
{
    ns_t *begun = &a->tool_begun[index];

    if (*begun == NS_ABSENT)
        return;
    a->compound.tool_time =
        at - *begun + (a->compound.tool_time > 0 ? a->compound.tool_time : 0);
    *begun = NS_ABSENT;
}

/* What has no place of its own in the table is counted where it comes with its output. */
static void take(struct answer *a, const struct item *item, ns_t at)
{
    bool known = item->index >= 0 && item->index < ANSWER_TOOLS;
    uint32_t bit = known ? UINT32_C(1) << item->index : 0;

    if (known && !(a->tools_seen & bit)) {
        a->tools_seen |= bit;
        a->compound.tools++;
        a->tool_begun[item->index] = item->output ? NS_ABSENT : at;
    } else if (known && item->output) {
        end_tool(a, item->index, at);
    } else if (!known) {
        a->compound.tools += item->output;
    }
}

bool compound_tools(struct answer *a, struct json *j, ns_t at)
{
    int64_t n = 0;

    if (!json_open_array(j))
        return false;
    for (; json_item(j); n++) {
        struct item item = read_item(j, n);

        if (a->compound.tools < 0)
            a->compound.tools = 0;
        take(a, &item, at);
    }
    return n > 0;
}

/* What no answer can have taken is no time. */
static const ns_t most_time = 24 * 3600 * NS_PER_S;

static ns_t read_time(struct json *j)
{
    int64_t v;

    return json_ns(j, &v) && v >= 0 && v <= most_time ? v : 0;
}

static ns_t read_usage(struct json *j)
{
    struct str key;
    ns_t sum = 0;

    if (!json_open_object(j))
        return 0;
    while (json_key(j, &key))
        if (str_is(key, "queue_time") || str_is(key, "total_time"))
            sum += read_time(j);
        else
            json_skip(j);
    return sum;
}

static void read_call(struct compound *c, struct json *j)
{
    struct str key;

    if (!json_open_object(j))
        return;
    c->calls++;
    while (json_key(j, &key))
        if (str_is(key, "usage"))
            c->model_time += read_usage(j);
        else
            json_skip(j);
}

static void read_calls(struct compound *c, struct json *j)
{
    if (!json_open_array(j))
        return;
    c->calls = 0;
    c->model_time = 0;
    while (json_item(j) && c->calls < 10000)
        read_call(c, j);
}

void compound_breakdown(struct answer *a, struct json *j)
{
    struct str key;

    if (!json_open_object(j))
        return;
    while (json_key(j, &key))
        if (str_is(key, "models"))
            read_calls(&a->compound, j);
        else
            json_skip(j);
}
