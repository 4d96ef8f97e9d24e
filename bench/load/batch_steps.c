#include <stdio.h>
#include <string.h>

#include "load/batch_private.h"

enum { FETCHES = 4, LIST_PAGES = 50, PATH = 2 * BATCH_ID_MAX };

/* The calls that carry a batch, one function each, and what their answers say. */

/* --- what answers say ---------------------------------------------------------------- */

static bool take_file(struct batcher *b, struct str body, struct answer *a)
{
    (void)a;
    return batch_file_object(body, b->file_id);
}

/* Another batch than ours is none of our business, and an id that is none no path holds. */
static bool take_batch(struct batcher *b, struct str body, struct answer *a)
{
    struct batch_told t;

    if (!batch_read(body, &t, a))
        return false;
    if (t.bad_id || (*b->told.id && strcmp(b->told.id, t.id) != 0)) {
        answer_text(a, &a->error,
                    str_of("the answer holds an id that is not one, or not ours"));
        return false;
    }
    b->told = t;
    if (a->error.len) {
        snprintf(b->failed_why, sizeof(b->failed_why), "%.200s", a->error.p);
        snprintf(b->failed_code, sizeof(b->failed_code), "%s",
                 answer_string(&a->error_code));
    }
    return true;
}

/* A batch never goes back; where it says so, what it said before stays. */
static void advance(struct batcher *b, ns_t start, ns_t end)
{
    const struct batch_state_row *now = &batch_states[b->told.state];
    bool moved = now->rank > batch_states[b->state].rank;

    b->backwards +=
        b->told.state != BATCH_UNHEARD_OF && now->rank < batch_states[b->state].rank;
    if (moved && b->begun == NS_ABSENT && now->rank >= batch_states[BATCH_IN_PROGRESS].rank)
        b->begun = end;
    if (moved && now->final)
        b->ended = end;
    if (moved && b->begun != NS_ABSENT && end - b->looked > b->resolution)
        b->resolution = end - b->looked;
    if (moved)
        b->state = b->told.state;
    b->looked = start;
}

/* --- steps --------------------------------------------------------------------------- */

bool batch_upload(struct batcher *b)
{
    struct batch_ask ask = {
        .step = BATCH_UPLOAD,
        .request = { .path = "/files",
                     .content_type = b->config->endpoint->content_type,
                     .size = b->file.size,
                     .read = batch_file_read,
                     .rewind = batch_file_rewind,
                     .ctx = &b->file },
        .take = take_file,
    };

    return outcomes[batch_ask(b, &ask, &b->items.start, NULL)].latency;
}

static void look_for_ours(void *ctx, const struct batch_told *t)
{
    struct batcher *b = ctx;

    if (!strcmp(t->input, b->file_id) && !t->bad_id)
        b->told = *t;
}

static bool take_list(struct batcher *b, struct str body, struct answer *a)
{
    (void)a;
    return batch_list_read(body, look_for_ours, b, &b->cursor);
}

/*
 * No answer came to the call that creates the batch: was it heard? Only where the list does
 * not know it is it asked for once more, or there would be two.
 */
static bool not_created(struct batcher *b)
{
    char path[PATH] = "/batches";
    struct batch_ask ask = { .step = BATCH_FIND, .tries = FETCHES, .take = take_list };

    for (int i = 0; i < LIST_PAGES; i++) {
        ask.request = (struct call_request){ .path = path };
        if (!outcomes[batch_ask(b, &ask, NULL, NULL)].latency || *b->told.id)
            break;
        if (!b->cursor.len)
            break;
        snprintf(path, sizeof(path), "/batches?cursor=%s", b->cursor.p);
    }
    return !*b->told.id;
}

/* Does the answer say that no batch was made? */
static bool is_refusal(const struct batcher *b)
{
    return b->failed == OUTCOME_CUT || (b->failed_status >= 400 && b->failed_status < 500);
}

bool batch_create(struct batcher *b)
{
    struct buf body = { 0 };
    struct batch_ask ask = { .step = BATCH_CREATE,
                             .take = take_batch,
                             .again = not_created };
    ns_t start;
    bool good;

    batch_create_write(&body, b->file_id, b->file.url, b->config->cell->batch.window);
    ask.request = (struct call_request){ .path = "/batches", .body = body.p };
    b->leaving = true; /* cut in between it might be there, and nobody would know */
    good = outcomes[batch_ask(b, &ask, &start, &b->created)].latency;
    if (!good && !is_refusal(b))
        good = !not_created(b);
    b->leaving = false;
    buf_free(&body);
    if (!good) {
        b->created = NS_ABSENT;
        return false;
    }
    snprintf(b->items.id, sizeof(b->items.id), "%s", b->told.id);
    advance(b, start, b->created);
    return true;
}

static void path_of(char path[PATH], const char *id, const char *tail)
{
    snprintf(path, PATH, "/batches/%s%s", id, tail);
}

bool batch_poll(struct batcher *b)
{
    char path[PATH];
    struct batch_ask ask = { .step = BATCH_POLL, .tries = 1, .take = take_batch };
    ns_t start, end;

    path_of(path, b->told.id, "");
    ask.request = (struct call_request){ .path = path };
    b->polls++;
    if (!outcomes[batch_ask(b, &ask, &start, &end)].latency)
        return false;
    advance(b, start, end);
    return true;
}

void batch_cancel(struct batcher *b)
{
    char path[PATH];
    struct batch_ask ask = { .step = BATCH_CANCEL, .tries = FETCHES, .take = take_batch };
    ns_t start, end;

    path_of(path, b->told.id, "/cancel");
    ask.request = (struct call_request){ .path = path, .body = "" };
    if (outcomes[batch_ask(b, &ask, &start, &end)].latency)
        advance(b, start, end);
}

static void feed(void *items, struct str piece)
{
    batch_items_feed(items, piece);
}

static void feed_again(void *items)
{
    batch_items_again(items);
}

void batch_fetch(struct batcher *b, enum batch_step step, const char *id)
{
    char path[PATH];
    struct batch_ask ask = { .step = step, .tries = FETCHES };

    if (!*id)
        return;
    snprintf(path, sizeof(path), "/files/%s/content", id);
    ask.request = (struct call_request){
        .path = path, .rewind = feed_again, .sink = feed, .ctx = &b->items
    };
    if (outcomes[batch_ask(b, &ask, NULL, NULL)].latency)
        batch_items_file_end(&b->items);
    else
        batch_items_drop(&b->items);
}

void batch_delete(struct batcher *b, const char *id)
{
    char path[PATH];
    struct batch_ask ask = { .step = BATCH_DELETE, .tries = 1 };

    if (!*id)
        return;
    snprintf(path, sizeof(path), "/files/%s", id);
    ask.request = (struct call_request){ .path = path, .method = "DELETE" };
    batch_ask(b, &ask, NULL, NULL);
}
