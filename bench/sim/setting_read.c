#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "sim/setting_row.h"

static void *field(struct setting *set, const struct setting_row *row)
{
    return (char *)set + row->offset;
}

int setting_read_text(struct setting *set, const struct setting_row *row, const char *text,
                      struct err *err)
{
    (void)err;
    *(const char **)field(set, row) = arena_strdup(&set->arena, text);
    return 0;
}

int setting_read_switch(struct setting *set, const struct setting_row *row,
                        const char *text, struct err *err)
{
    static const char *const words[] = { "off", "on", "false", "true", "no", "yes" };

    for (int i = 0; i < 6; i++)
        if (!strcmp(text, words[i])) {
            *(bool *)field(set, row) = i & 1;
            return 0;
        }
    return err_set(err, ERR_USAGE, "expected on or off, not \"%s\"", text);
}

int setting_read_count(struct setting *set, const struct setting_row *row, const char *text,
                       struct err *err)
{
    return units_count(str_of(text), field(set, row), err);
}

int setting_read_number(struct setting *set, const struct setting_row *row,
                        const char *text, struct err *err)
{
    char *end;
    double v = strtod(text, &end);

    if (end == text || *end || !(v >= 0 && v < 1e15))
        return err_set(err, ERR_USAGE, "expected a number from 0 up, not \"%s\"", text);
    *(double *)field(set, row) = v;
    return 0;
}

int setting_read_above_0(struct setting *set, const struct setting_row *row,
                         const char *text, struct err *err)
{
    if (setting_read_number(set, row, text, err))
        return -1;
    if (*(double *)field(set, row) <= 0)
        return err_set(err, ERR_USAGE, "expected a number above 0");
    return 0;
}

int setting_read_share(struct setting *set, const struct setting_row *row, const char *text,
                       struct err *err)
{
    if (setting_read_number(set, row, text, err))
        return -1;
    if (*(double *)field(set, row) > 1)
        return err_set(err, ERR_USAGE, "expected a share from 0 to 1, not \"%s\"", text);
    return 0;
}

int setting_read_duration(struct setting *set, const struct setting_row *row,
                          const char *text, struct err *err)
{
    return units_duration(str_of(text), field(set, row), err);
}

int setting_read_seconds(struct setting *set, const struct setting_row *row,
                         const char *text, struct err *err)
{
    ns_t ns;

    if (units_duration(str_of(text), &ns, err))
        return -1;
    *(double *)field(set, row) = (double)ns / NS_PER_S;
    return 0;
}

int setting_read_money(struct setting *set, const struct setting_row *row, const char *text,
                       struct err *err)
{
    return units_money(str_of(text), field(set, row), err);
}

int setting_read_fd(struct setting *set, const struct setting_row *row, const char *text,
                    struct err *err)
{
    char *end;
    long fd = strtol(text, &end, 10);

    if (end == text || *end || fd < 0 || fd > 1 << 20)
        return err_set(err, ERR_USAGE, "expected the number of a descriptor, not \"%s\"",
                       text);
    *(int64_t *)field(set, row) = fd;
    return 0;
}

int setting_read_plan(struct setting *set, const struct setting_row *row, const char *text,
                      struct err *err)
{
    if (strcmp(text, "none") != 0 && strcmp(text, "free") != 0 &&
        strcmp(text, "developer") != 0)
        return err_set(err, ERR_USAGE, "expected none, free or developer, not \"%s\"",
                       text);
    return setting_read_text(set, row, text, err);
}

int setting_read_reserve(struct setting *set, const struct setting_row *row,
                         const char *text, struct err *err)
{
    uint64_t most;

    if (!strcmp(text, "none") || !strcmp(text, "max")) {
        *(int64_t *)field(set, row) = *text == 'm' ? -1 : 0;
        return 0;
    }
    if (units_count(str_of(text), &most, err) || most > INT64_MAX)
        return err_set(err, ERR_USAGE, "expected none, max or a number of tokens");
    *(int64_t *)field(set, row) = (int64_t)most;
    return 0;
}

int setting_read_output(struct setting *set, const struct setting_row *row,
                        const char *text, struct err *err)
{
    uint64_t n;

    (void)row;
    if (!strcmp(text, "auto") || !strcmp(text, "max")) {
        set->draft.length = *text == 'a' ? LENGTH_AUTO : LENGTH_MAX;
        return 0;
    }
    if (units_count(str_of(text), &n, err) || !n || n > 1000000)
        return err_set(err, ERR_USAGE, "expected auto, max or 1..1M tokens, not \"%s\"",
                       text);
    set->draft.length = LENGTH_FIXED;
    set->draft.fixed = (uint32_t)n;
    return 0;
}

/* Call take for each of the items that commas part; brackets around them are YAML's. */
static int each_item(struct setting *set, const char *text,
                     int (*take)(struct setting *set, char *item, struct err *err),
                     struct err *err)
{
    char *copy = arena_strdup(&set->arena, text);
    char *save = NULL;

    for (char *item = strtok_r(copy, ",[] \t", &save); item;
         item = strtok_r(NULL, ",[] \t", &save))
        if (take(set, item, err))
            return -1;
    return 0;
}

static int full_list(struct err *err)
{
    return err_set(err, ERR_USAGE, "more than %d of them", SETTING_MAX_LIST);
}

static int take_key(struct setting *set, char *item, struct err *err)
{
    if (set->n_keys == SETTING_MAX_LIST)
        return full_list(err);
    set->keys[set->n_keys++] = item;
    return 0;
}

static int take_fault(struct setting *set, char *item, struct err *err)
{
    if (set->n_faults == SETTING_MAX_LIST)
        return full_list(err);
    return fault_share_parse(str_of(item), &set->faults[set->n_faults++], err);
}

static int take_item_fault(struct setting *set, char *item, struct err *err)
{
    if (set->n_item_faults == SETTING_MAX_LIST)
        return full_list(err);
    return fault_share_parse(str_of(item), &set->item_faults[set->n_item_faults++], err);
}

static int take_step_fault(struct setting *set, char *item, struct err *err)
{
    if (set->n_step_faults == BATCH_STEP_FAULTS)
        return full_list(err);
    return batch_step_fault_parse(str_of(item), &set->step_faults[set->n_step_faults++],
                                  err);
}

static int take_batch_odd(struct setting *set, char *item, struct err *err)
{
    uint32_t bit = batch_odd_find(str_of(item));
    struct buf names = { 0 };

    set->batch_odd |= bit;
    if (bit)
        return 0;
    batch_odd_list(&names);
    err_set(err, ERR_USAGE, "expected one of %.180s", names.p);
    buf_free(&names);
    return -1;
}

static int take_quota(int64_t limit[N_QUOTAS], char *item, struct err *err)
{
    char *eq = strchr(item, '=');

    for (int k = 0; eq && k < N_QUOTAS; k++)
        if (!strncmp(item, quota_names[k], (size_t)(eq - item)) && eq - item == 3) {
            uint64_t n;

            if (units_count(str_of(eq + 1), &n, err) || n > 1000000000000)
                return err_set(err, ERR_USAGE, "expected a count behind \"%.4s\"", item);
            limit[k] = (int64_t)n;
            return 0;
        }
    return err_set(err, ERR_USAGE, "expected rpm=N, rpd=N, tpm=N or tpd=N, not \"%s\"",
                   item);
}

static int take_limit(struct setting *set, char *item, struct err *err)
{
    return take_quota(set->rates.limit, item, err);
}

static int take_announced(struct setting *set, char *item, struct err *err)
{
    return take_quota(set->rates.announced, item, err);
}

/* NAME:WEIGHT[:DELAY] */
static int take_region(struct setting *set, char *item, struct err *err)
{
    struct sim_region *r = &set->regions[set->n_regions];
    char *weight = strchr(item, ':');
    char *delay = weight ? strchr(weight + 1, ':') : NULL;
    char *end;

    if (set->n_regions == SETTING_MAX_LIST)
        return full_list(err);
    *r = (struct sim_region){ item, 1, 0 };
    if (delay)
        *delay++ = '\0';
    if (weight) {
        *weight++ = '\0';
        r->weight = strtod(weight, &end);
        if (end == weight || *end || !(r->weight >= 0 && r->weight < 1e9))
            return err_set(err, ERR_USAGE, "expected NAME:WEIGHT[:DELAY]");
    }
    if (delay && units_duration(str_of(delay), &r->delay, err))
        return -1;
    if (!*item || strpbrk(item, "\r\n"))
        return err_set(err, ERR_USAGE, "a region without a name");
    set->n_regions++;
    return 0;
}

int setting_read_keys(struct setting *set, const struct setting_row *row, const char *text,
                      struct err *err)
{
    (void)row;
    return each_item(set, text, take_key, err);
}

int setting_read_faults(struct setting *set, const struct setting_row *row,
                        const char *text, struct err *err)
{
    (void)row;
    return each_item(set, text, take_fault, err);
}

int setting_read_item_faults(struct setting *set, const struct setting_row *row,
                             const char *text, struct err *err)
{
    (void)row;
    return each_item(set, text, take_item_fault, err);
}

int setting_read_step_faults(struct setting *set, const struct setting_row *row,
                             const char *text, struct err *err)
{
    (void)row;
    return each_item(set, text, take_step_fault, err);
}

int setting_read_batch_odd(struct setting *set, const struct setting_row *row,
                           const char *text, struct err *err)
{
    (void)row;
    return each_item(set, text, take_batch_odd, err);
}

int setting_read_limits(struct setting *set, const struct setting_row *row,
                        const char *text, struct err *err)
{
    (void)row;
    return each_item(set, text, take_limit, err);
}

int setting_read_announced(struct setting *set, const struct setting_row *row,
                           const char *text, struct err *err)
{
    (void)row;
    return each_item(set, text, take_announced, err);
}

int setting_read_regions(struct setting *set, const struct setting_row *row,
                         const char *text, struct err *err)
{
    (void)row;
    set->n_regions = 0;
    return each_item(set, text, take_region, err);
}

int setting_read_profile(struct setting *set, const struct setting_row *row,
                         const char *text, struct err *err)
{
    (void)row;
    return setting_profile(set, text, err);
}
