#include "reports/json_parts.h"

void json_put_batches(struct jsonw *w, const struct batches *b)
{
    if (!b->begun)
        return;
    json_begin_object(w, "batches");
    json_put_count(w, "begun", b->begun);
    json_begin_object(w, "states");
    for (int i = 0; i < N_BATCH_STATES; i++)
        if (b->over[i])
            json_put_count(w, i == BATCH_NONE ? "none" : batch_states[i].name, b->over[i]);
    jsonw_end(w);
    json_begin_object(w, "calls");
    for (int i = 0; i < BATCH_OVER; i++)
        if (b->calls[i]) {
            json_begin_object(w, batch_step_names[i]);
            json_put_count(w, "made", b->calls[i]);
            json_put_count(w, "failed", b->failed[i]);
            jsonw_end(w);
        }
    jsonw_end(w);
    json_put_count(w, "items", b->items);
    json_put_count(w, "answered", b->answered);
    json_put_count(w, "missing", b->missing);
    json_put_count(w, "repeated", b->repeated);
    json_put_count(w, "strangers", b->strangers);
    json_put_count(w, "damaged", b->damaged);
    json_put_count(w, "backwards", b->backwards);
    json_put_count(w, "bytes_up", b->bytes_up);
    json_put_count(w, "bytes_down", b->bytes_down);
    json_put_text(w, "why", b->why);
    json_begin_array(w, "left");
    for (size_t i = 0; i < b->n_open; i++)
        jsonw_string(w, b->open[i].id);
    jsonw_end(w);
    json_put_count(w, "left_more", b->more_open);
    jsonw_end(w);
}
