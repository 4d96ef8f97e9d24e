#include "load/batch_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/batch.h"
#include "api/multipart.h"
#include "base/mem.h"
#include "load/body.h"
#include "load/plan.h"

void batch_file_init(struct batch_file *f, const struct engine_config *config,
                     const struct buf *head, const struct buf *tail)
{
    *f = (struct batch_file){ .config = config, .head = head, .tail = tail };
    snprintf(f->url, sizeof(f->url), "/v1%s", config->endpoint->carries->path);
}

void batch_file_free(struct batch_file *f)
{
    free(f->items);
    buf_free(&f->piece);
    buf_free(&f->messages);
    buf_free(&f->extra);
    buf_free(&f->body);
}

/* Line i into the piece. */
static void make_line(struct batch_file *f, uint64_t i, struct prompt_info *info)
{
    const struct engine_config *c = f->config;
    struct body_parts parts = { c->endpoint->carries, &c->cell->request, f->head, f->tail };

    buf_clear(&f->messages);
    buf_clear(&f->extra);
    buf_clear(&f->body);
    prompts_make(c->prompts, c->round, c->words_per_token,
                 prompts_number(f->phase, f->first + i), &f->messages, &f->extra, info);
    body_put(&f->body, &parts, &f->messages, &f->extra, info);
    batch_item_write(&f->piece, f->first + i, f->url,
                     (struct str){ f->body.p, f->body.len });
}

static void begin_form(struct batch_file *f)
{
    multipart_field(&f->piece, "purpose", str_of("batch"));
    multipart_file(&f->piece, "file", "batch.jsonl");
}

/* The next piece; false where there is no more. */
static bool next_piece(struct batch_file *f)
{
    struct prompt_info info;

    buf_clear(&f->piece);
    f->at = 0;
    if (!f->begun)
        begin_form(f);
    else if (f->next < f->n)
        make_line(f, f->next++, &info);
    else if (f->next == f->n) {
        multipart_end(&f->piece);
        f->next++;
    }
    f->begun = true;
    return f->piece.len > 0;
}

void batch_file_rewind(void *file)
{
    struct batch_file *f = file;

    buf_clear(&f->piece);
    f->at = 0;
    f->next = 0;
    f->begun = false;
    f->sent = NS_ABSENT;
}

size_t batch_file_read(void *file, char *p, size_t room)
{
    struct batch_file *f = file;
    size_t n = 0;

    while (n < room) {
        size_t left;

        if (f->at == f->piece.len && !next_piece(f))
            break;
        left = f->piece.len - f->at;
        left = left < room - n ? left : room - n;
        memcpy(p + n, f->piece.p + f->at, left);
        f->at += left;
        n += left;
    }
    if (f->next > f->n && f->at == f->piece.len && f->sent == NS_ABSENT)
        f->sent = clock_now(f->config->clock);
    return n;
}

static struct batch_item item_of(const struct batch_file *f, const struct prompt_info *info)
{
    const struct engine_config *c = f->config;
    int64_t completion = info->max_completion;
    bool is_max;

    if (completion < 0)
        completion = plan_completion(&c->cell->request, c->model, &is_max);
    return (struct batch_item){
        .planned = info->planned_tokens,
        .words = info->words,
        .expected = info->estimated_tokens + (completion > 0 ? completion : 0),
        .cost = c->model
                    ? catalogue_batch_cost(c->model, info->estimated_tokens, completion)
                    : -1,
    };
}

/* Every piece once, for its length. */
void batch_file_begin(struct batch_file *f, uint32_t phase, uint64_t first, uint64_t n)
{
    struct prompt_info info;

    f->phase = phase;
    f->first = first;
    f->n = n;
    free(f->items);
    f->items = mem_array(n ? n : 1, sizeof(*f->items));
    buf_clear(&f->piece);
    begin_form(f);
    multipart_end(&f->piece);
    f->size = f->piece.len;
    for (uint64_t i = 0; i < n; i++) {
        buf_clear(&f->piece);
        make_line(f, i, &info);
        f->items[i] = item_of(f, &info);
        f->size += f->piece.len;
    }
    batch_file_rewind(f);
}
