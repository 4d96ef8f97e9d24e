/* Objects, lists and lines of batches: ids stay fit for a path, and every request of a file
 * has just one record, wherever two reads cut the lines. */
#include "api/batch.h"

#include <stdlib.h>

#include "load/batch_items.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ITEMS = 4 };

static void check_id(const char *id)
{
    if (*id && !batch_id_is_safe(str_of(id)))
        abort();
}

static void check_told(void *ctx, const struct batch_told *b)
{
    (void)ctx;
    check_id(b->id);
    check_id(b->input);
    check_id(b->output);
    check_id(b->errors);
}

static void read_objects(struct str text)
{
    struct batch_told b;
    struct answer a;
    struct buf cursor = { 0 };
    char id[BATCH_ID_MAX];

    answer_init(&a);
    if (batch_read(text, &b, &a))
        check_told(NULL, &b);
    batch_list_read(text, check_told, NULL, &cursor);
    check_id(cursor.p);
    if (batch_file_object(text, id))
        check_id(id);
    buf_free(&cursor);
    answer_free(&a);
}

static void read_lines(struct str text, size_t cut)
{
    struct batch_item items[ITEMS] = { 0 };
    struct budget budget = { 0 };
    struct budget_state state;
    struct mailbox mailbox;
    struct engine_config config = { .clock = &clock_system,
                                    .endpoint = &endpoint_batch,
                                    .budget = &state,
                                    .mailbox = &mailbox };
    struct batch_file file = { .config = &config, .n = ITEMS, .items = items };
    struct batch_items it;
    size_t n = 0;

    budget_init(&state, &budget);
    mailbox_init(&mailbox);
    batch_items_init(&it, &file, (struct str){ NULL, 0 });
    batch_items_begin(&it, 0);
    batch_items_feed(&it, (struct str){ text.p, cut });
    batch_items_feed(&it, (struct str){ text.p + cut, text.n - cut });
    batch_items_file_end(&it);
    batch_items_rest(&it, OUTCOME_PROTOCOL, 0, "missing", "");
    batch_items_last(&it, &batch_figures_none);
    for (struct message *m = mailbox_take(&mailbox); m; n++) {
        struct message *next = m->next;

        message_free(m);
        m = next;
    }
    if (n != ITEMS || it.answered + it.missing != ITEMS)
        abort();
    batch_items_free(&it);
    mailbox_free(&mailbox);
    budget_free(&state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *own = malloc(size + 1);
    struct str text = { own, size };

    memcpy(own, data, size);
    read_objects(text);
    read_lines(text, size ? data[0] % size : 0);
    free(own);
    return 0;
}
