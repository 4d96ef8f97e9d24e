#include "data/batch.h"

#include <string.h>

#include "base/mem.h"

const struct batch_state_row batch_states[N_BATCH_STATES] = {
    [BATCH_NONE] = { "", 0, false },
    [BATCH_VALIDATING] = { "validating", 1, false },
    [BATCH_IN_PROGRESS] = { "in_progress", 2, false },
    [BATCH_FINALIZING] = { "finalizing", 3, false },
    [BATCH_CANCELLING] = { "cancelling", 4, false },
    [BATCH_COMPLETED] = { "completed", 5, true },
    [BATCH_FAILED] = { "failed", 5, true },
    [BATCH_EXPIRED] = { "expired", 5, true },
    [BATCH_CANCELLED] = { "cancelled", 5, true },
    [BATCH_UNHEARD_OF] = { "?", 0, false },
};

const char *const batch_step_names[N_BATCH_STEPS] = {
    [BATCH_UPLOAD] = "upload", [BATCH_CREATE] = "create", [BATCH_FIND] = "find",
    [BATCH_POLL] = "poll",     [BATCH_CANCEL] = "cancel", [BATCH_OUTPUT] = "output",
    [BATCH_ERRORS] = "errors", [BATCH_DELETE] = "delete", [BATCH_OVER] = "over",
};

enum batch_state batch_state_find(struct str name)
{
    for (int s = 0; s < N_BATCH_STATES; s++)
        if (str_is(name, batch_states[s].name))
            return (enum batch_state)s;
    return BATCH_UNHEARD_OF;
}

void batch_event_init(struct batch_event *e)
{
    *e = (struct batch_event){ .start = NS_ABSENT, .sent = NS_ABSENT, .end = NS_ABSENT };
    e->id = e->request_id = e->error_code = e->error = "";
}

struct batch_event *batch_event_copy(const struct batch_event *e)
{
    const char *const texts[] = { e->id, e->request_id, e->error_code, e->error };
    const char **into[4];
    size_t n = sizeof(*e);
    struct batch_event *copy;
    char *at;

    for (size_t i = 0; i < 4; i++)
        n += strlen(texts[i]) + 1;
    copy = mem_alloc(n);
    *copy = *e;
    at = (char *)(copy + 1);
    into[0] = &copy->id;
    into[1] = &copy->request_id;
    into[2] = &copy->error_code;
    into[3] = &copy->error;
    for (size_t i = 0; i < 4; i++) {
        *into[i] = strcpy(at, texts[i]);
        at += strlen(at) + 1;
    }
    return copy;
}
