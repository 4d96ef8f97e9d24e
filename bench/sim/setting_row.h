#ifndef SIM_SETTING_ROW_H
#define SIM_SETTING_ROW_H

#include "sim/setting.h"

/* Between setting.c, which holds the table, and setting_read.c, which knows the types. */
struct setting_row;
typedef int setting_read_fn(struct setting *set, const struct setting_row *row,
                            const char *text, struct err *err);

struct setting_row {
    const char *name;
    const char *value;   /* what it takes, for people; "" for a switch */
    const char *initial; /* NULL: nothing is set */
    setting_read_fn *read;
    size_t offset;
    const char *help;
};

/* Each reads one value into the field of its row, or says what it expected. */
setting_read_fn setting_read_text;
setting_read_fn setting_read_switch;
setting_read_fn setting_read_count;
setting_read_fn setting_read_number;
setting_read_fn setting_read_above_0;
setting_read_fn setting_read_share;
setting_read_fn setting_read_duration;
setting_read_fn setting_read_seconds;
setting_read_fn setting_read_money;
setting_read_fn setting_read_fd;
setting_read_fn setting_read_plan;
setting_read_fn setting_read_reserve;
setting_read_fn setting_read_output;
setting_read_fn setting_read_keys;
setting_read_fn setting_read_faults;
setting_read_fn setting_read_item_faults;
setting_read_fn setting_read_step_faults;
setting_read_fn setting_read_batch_odd;
setting_read_fn setting_read_limits;
setting_read_fn setting_read_announced;
setting_read_fn setting_read_regions;
setting_read_fn setting_read_profile;

#endif
