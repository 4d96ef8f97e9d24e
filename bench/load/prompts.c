#include "load/prompts.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/replay.h"
#include "load/clip.h"
#include "load/dataset.h"
#include "load/images.h"
#include "load/words.h"

/*
 * Guesses of what is not words: chat templates put some ten to seventy tokens around a
 * first message and some five around each further one; sixteen hex digits in groups of four
 * are cut up into about a dozen.
 */
enum { TEMPLATE_TOKENS = 10, MESSAGE_TOKENS = 5, HEAD_TOKENS = 12, BYTES_PER_TOKEN = 4 };

struct prompts {
    struct workload w; /* its strings are used by prompts_open only */
    enum prompt_form form;
    char *messages;       /* literal ones, or NULL; pictures go ... */
    size_t split;         /* ... here */
    struct image_use use; /* pictures that are in them as they stand */
    struct images images;
    char *text; /* a literal text, or the URL of a clip, or NULL */
    struct clip *clip;
    struct dataset dataset;
    uint64_t seed;
    const struct phase *phases; /* where one of them replays a trace, else NULL */
    size_t n_phases;
    const char *most; /* the member that bounds an answer; NULL: none is set */
};

/* Every random choice has its own stream: none shifts another. */
static struct rng stream(const struct prompts *p, uint64_t round, const char *name,
                         uint64_t i)
{
    return rng_stream(rng_stream_seed(p->seed, "rounds", round), name, i);
}

/* Pictures are not text: their bytes are no tokens, they themselves are. */
static int64_t guess_tokens(size_t bytes, struct image_use use)
{
    size_t text = bytes > use.bytes ? bytes - use.bytes : 0;

    return (int64_t)(text / BYTES_PER_TOKEN + use.n * IMAGE_TOKENS);
}

static void put_images(const struct prompts *p, uint64_t round, uint64_t number,
                       struct buf *messages, struct prompt_info *info)
{
    struct rng place = stream(p, round, "images", number / PROMPTS_PHASE_STRIDE);
    uint64_t k = number % PROMPTS_PHASE_STRIDE;

    if (!p->images.n)
        return;
    images_put(&p->images, rng_below(&place, p->images.n) + k * p->images.per_request,
               messages);
    info->images += p->images.per_request;
    info->estimated_tokens += (int64_t)p->images.per_request * IMAGE_TOKENS;
}

static void literal(const struct prompts *p, uint64_t round, uint64_t number,
                    struct buf *messages, struct prompt_info *info)
{
    size_t n = strlen(p->messages);

    info->images = p->use.n;
    info->estimated_tokens = guess_tokens(n, p->use);
    buf_add(messages, p->messages, p->split);
    put_images(p, round, number, messages, info);
    buf_add(messages, p->messages + p->split, n - p->split);
}

/* Each phase reads on in the file's order from a place of its own. */
static const struct dataset_row *row_number(const struct prompts *p, uint64_t round,
                                            uint64_t number)
{
    uint64_t n = p->dataset.n_rows;
    struct rng place = stream(p, round, "rows", number / PROMPTS_PHASE_STRIDE);
    uint64_t k = number % PROMPTS_PHASE_STRIDE;

    return &p->dataset.rows[(rng_below(&place, n) + k) % n];
}

static bool is_of_user(struct str message)
{
    struct str key, role = { "", 0 };
    struct json j;

    json_init(&j, message.p, message.n);
    if (!json_open_object(&j))
        return false;
    while (json_key(&j, &key))
        if (str_is(key, "role"))
            json_text(&j, &role);
        else
            json_skip(&j);
    return str_is(role, "user");
}

static bool nth_of_user(struct str messages, uint32_t n, struct str *message)
{
    struct json j;

    json_init(&j, messages.p, messages.n);
    if (!json_open_array(&j))
        return false;
    while (json_item(&j) && json_raw(&j, message))
        if (is_of_user(*message) && !--n)
            return true;
    return false;
}

bool prompts_user_message(const struct prompts *p, uint64_t round, uint64_t number,
                          uint32_t n, struct str *message)
{
    return nth_of_user(row_number(p, round, number)->messages, n, message);
}

static void dataset_row(const struct prompts *p, uint64_t round, uint64_t number,
                        struct buf *messages, struct buf *extra, struct prompt_info *info)
{
    const struct dataset_row *row = row_number(p, round, number);
    struct str all = row->messages, first;
    struct image_use use = row->images;

    if (p->w.session.from_dataset && nth_of_user(all, 1, &first)) {
        all.n = (size_t)(first.p + first.n - all.p);
        buf_add(messages, all.p, all.n);
        buf_char(messages, ']');
        use = images_within(all);
    } else {
        buf_add(messages, all.p, all.n);
    }
    buf_add(extra, row->extra.p, row->extra.n);
    info->images = use.n;
    info->estimated_tokens = guess_tokens(all.n, use);
    info->max_completion = row->max_completion;
    info->model = row->model;
}

static size_t words_for(int64_t tokens, double words_per_token, size_t least)
{
    double n = round((double)tokens * words_per_token);

    return n < (double)least ? least : (size_t)n;
}

/*
 * Cells whose prompts are of other sizes have other heads: the longer prompt of one would
 * else begin with the whole shorter one of another.
 */
static void put_head(const struct prompts *p, uint64_t round, uint64_t k, struct buf *out)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t sizes = (uint64_t)llround(p->w.input_tokens.mean) ^ p->w.prefix_tokens << 32;
    struct rng rng = stream(p, round, "heads", k);
    uint64_t bits = rng_next(&rng) ^ splitmix64(&sizes);
    char head[20];

    for (size_t i = 0, digit = 0; i < sizeof(head); i++)
        head[i] = i % 5 == 4 ? '-' : hex[bits >> 4 * digit++ & 15];
    head[sizeof(head) - 1] = ' ';
    buf_add(out, head, sizeof(head));
}

static size_t put_prefix(const struct prompts *p, uint64_t round, double words_per_token,
                         uint64_t k, struct buf *out)
{
    uint64_t pool = p->w.prefix_pool ? p->w.prefix_pool : 1;
    struct rng choice = stream(p, round, "prefix", k);
    struct rng rng = stream(p, round, "prefix words", rng_below(&choice, pool));
    size_t n = words_for((int64_t)p->w.prefix_tokens, words_per_token, 1);

    words_put(out, &rng, n);
    return n;
}

static int64_t characters_of(struct str utf8)
{
    int64_t n = 0;

    for (size_t i = 0; i < utf8.n; i++)
        n += ((unsigned char)utf8.p[i] & 0xC0) != 0x80;
    return n;
}

/* Words until there are that many characters; where that cuts one, it is cut. */
static void put_characters(struct buf *out, struct rng *rng, uint64_t characters)
{
    size_t from = out->len;

    while (out->len - from < characters) {
        if (out->len > from)
            buf_char(out, ' ');
        words_put(out, rng, 1);
    }
    out->len = from + characters;
    if (out->p[out->len - 1] == ' ')
        out->p[out->len - 1] = '.';
}

/* Words in a JSON string: of so many characters, or of as many tokens as are drawn. */
static void synthetic_text(const struct prompts *p, uint64_t round, double words_per_token,
                           uint64_t k, struct buf *out, struct prompt_info *info)
{
    struct rng length = stream(p, round, "lengths", k);
    struct rng rng = stream(p, round, "words", k);
    size_t from;

    buf_char(out, '"');
    from = out->len;
    if (p->w.characters) {
        put_characters(out, &rng, p->w.characters);
    } else {
        double tokens = dist_draw(&p->w.input_tokens, rng_open(&length));

        words_put(out, &rng, words_for((int64_t)tokens, words_per_token, 1));
    }
    info->characters = (int64_t)(out->len - from);
    buf_char(out, '"');
}

static void literal_text(const struct prompts *p, struct buf *out, struct prompt_info *info)
{
    struct jsonw w;

    jsonw_init(&w, out, 0);
    jsonw_string(&w, p->text);
    info->characters = characters_of(str_of(p->text));
}

static void text(const struct prompts *p, uint64_t round, double words_per_token,
                 uint64_t k, struct buf *out, struct prompt_info *info)
{
    if (p->text)
        literal_text(p, out, info);
    else
        synthetic_text(p, round, words_per_token, k, out, info);
    info->estimated_tokens = info->characters / BYTES_PER_TOKEN;
}

/* The row of the trace that request k replays; NULL: its phase replays none. */
static const struct replay_row *row_of(const struct prompts *p, uint64_t k)
{
    uint64_t phase = k / PROMPTS_PHASE_STRIDE, i = k % PROMPTS_PHASE_STRIDE;
    const struct replay *r = phase < p->n_phases ? p->phases[phase].replay : NULL;

    return r && i < r->n_rows ? &r->rows[i] : NULL;
}

static int64_t tokens_of(const struct prompts *p, uint64_t round, uint64_t k,
                         const struct replay_row *row)
{
    struct rng length = stream(p, round, "lengths", k);

    if (row)
        return row->input;
    return llround(dist_draw(&p->w.input_tokens, rng_open(&length)));
}

/* What bounds the answer of a row, as the row says. */
static void put_most(const struct prompts *p, const struct replay_row *row,
                     struct buf *extra, struct prompt_info *info)
{
    if (!p->most)
        return;
    buf_printf(extra, ",\"%s\":%u", p->most, row->output);
    info->max_completion = row->output;
}

/* Blocks that are the same in two rows are the same words; the last one may be shorter. */
static void put_blocks(const struct prompts *p, uint64_t round, double words_per_token,
                       uint64_t k, const struct replay_row *row, struct buf *out,
                       struct prompt_info *info)
{
    const struct replay *r = p->phases[k / PROMPTS_PHASE_STRIDE].replay;
    int64_t left = info->planned_tokens - prompts_overhead(&p->w);

    info->words = 0;
    for (uint32_t i = 0; i < row->n_blocks && left > 0; i++) {
        int64_t tokens = r->shape->block_tokens;
        struct rng rng = stream(p, round, "blocks", r->blocks[row->block + i]);
        size_t n;

        tokens = i + 1 == row->n_blocks || tokens > left ? left : tokens;
        n = words_for(tokens, words_per_token, 1);
        if (i)
            buf_char(out, ' ');
        words_put(out, &rng, n);
        info->words += (int64_t)n;
        left -= tokens;
    }
}

/* The text of the user's message, between these two; pictures go behind it. */
static void open_user(const struct prompts *p, struct buf *out)
{
    buf_str(out, "user\",\"content\":");
    buf_str(out, p->images.n ? "[{\"type\":\"text\",\"text\":\"" : "\"");
}

static void close_user(const struct prompts *p, uint64_t round, uint64_t k, struct buf *out,
                       struct prompt_info *info)
{
    if (!p->images.n) {
        buf_str(out, "\"}]");
        return;
    }
    /* What pictures cost nobody planned, and the words can teach nothing beside them. */
    info->planned_tokens = info->words = -1;
    buf_str(out, "\"}");
    put_images(p, round, k, out, info);
    buf_str(out, "]}]");
}

static void of_blocks(const struct prompts *p, uint64_t round, double words_per_token,
                      uint64_t k, const struct replay_row *row, struct buf *out,
                      struct prompt_info *info)
{
    int64_t least = prompts_overhead(&p->w) + 1;

    info->planned_tokens = row->input > least ? row->input : least;
    info->estimated_tokens = info->planned_tokens;
    buf_str(out, "[{\"role\":\"");
    open_user(p, out);
    if (p->w.unique_head)
        put_head(p, round, k, out);
    put_blocks(p, round, words_per_token, k, row, out, info);
    close_user(p, round, k, out, info);
}

static void synthetic(const struct prompts *p, uint64_t round, double words_per_token,
                      uint64_t k, const struct replay_row *row, struct buf *out,
                      struct prompt_info *info)
{
    struct rng rng = stream(p, round, "words", k);
    int64_t drawn = tokens_of(p, round, k, row);
    int64_t fixed = prompts_overhead(&p->w) + (int64_t)p->w.prefix_tokens;
    int64_t own = drawn > fixed ? drawn - fixed : 1;
    size_t n = words_for(own, words_per_token, 1);

    info->planned_tokens = info->estimated_tokens = fixed + own;
    info->words = (int64_t)n;
    buf_str(out, "[{\"role\":\"");
    if (p->w.prefix_tokens) {
        buf_str(out, "system\",\"content\":\"");
        if (p->w.unique_head)
            put_head(p, round, k, out);
        info->words += (int64_t)put_prefix(p, round, words_per_token, k, out);
        buf_str(out, "\"},{\"role\":\"");
    }
    open_user(p, out);
    if (p->w.unique_head && !p->w.prefix_tokens)
        put_head(p, round, k, out);
    words_put(out, &rng, n);
    close_user(p, round, k, out, info);
}

/* --- pictures in literal messages ------------------------------------------------------
 */

/* Raw content of the message that comes next; {NULL, 0} where it is none of a user. */
static struct str user_content(struct json *j)
{
    struct str key, role = { "", 0 }, content = { NULL, 0 };

    if (!json_open_object(j))
        return content;
    while (json_key(j, &key))
        if (str_is(key, "role"))
            json_text(j, &role);
        else if (str_is(key, "content"))
            json_raw(j, &content);
        else
            json_skip(j);
    return str_is(role, "user") ? content : (struct str){ NULL, 0 };
}

/* "text" becomes [{"type":"text","text":"text"} with a place for pictures behind, and ]. */
static void open_content(struct prompts *p, struct str content)
{
    size_t before = (size_t)(content.p - p->messages);
    bool is_list = *content.p == '[' && content.n > 2;
    struct buf b;

    buf_init(&b, 0);
    buf_add(&b, p->messages, before);
    if (is_list) {
        buf_add(&b, content.p, content.n - 1);
    } else {
        buf_str(&b, "[{\"type\":\"text\",\"text\":");
        if (*content.p == '"')
            buf_add(&b, content.p, content.n);
        else
            buf_str(&b, "\"\"");
        buf_char(&b, '}');
    }
    p->split = b.len;
    buf_char(&b, ']');
    buf_str(&b, content.p + content.n);
    free(p->messages);
    p->messages = buf_take(&b);
}

static int open_messages(struct prompts *p, struct err *err)
{
    struct str last = { NULL, 0 };
    struct json j;

    p->use = images_within(str_of(p->messages));
    if (!p->images.n)
        return 0;
    json_init(&j, p->messages, strlen(p->messages));
    json_open_array(&j);
    while (json_item(&j)) {
        struct str content = user_content(&j);

        last = content.p ? content : last;
    }
    if (!last.p)
        return err_set(err, ERR_USAGE,
                       "workload.images: no message of a user is among workload.messages, "
                       "which pictures could go with");
    open_content(p, last);
    return 0;
}

static void made_up(const struct prompts *p, uint64_t round, double words_per_token,
                    uint64_t k, struct buf *messages, struct buf *extra,
                    struct prompt_info *info)
{
    const struct replay_row *row = row_of(p, k);

    if (row)
        put_most(p, row, extra, info);
    if (row && row->n_blocks)
        of_blocks(p, round, words_per_token, k, row, messages, info);
    else
        synthetic(p, round, words_per_token, k, row, messages, info);
}

static bool has_audio(const struct workload *w)
{
    return w->audio_file || w->audio_url || w->audio_length > 0;
}

int prompts_check(const struct workload *w, enum prompt_form form, struct err *err)
{
    bool text = w->text || w->characters;

    if (form == PROMPT_AUDIO && !has_audio(w))
        return err_set(err, ERR_USAGE,
                       "this endpoint takes audio; expected workload.audio.length, "
                       "workload.audio.file or workload.audio.url");
    if (form != PROMPT_AUDIO && has_audio(w))
        return err_set(err, ERR_USAGE,
                       "this endpoint takes no audio; expected no workload.audio");
    if (form == PROMPT_TEXT && (w->messages || w->dataset))
        return err_set(err, ERR_USAGE,
                       "this endpoint takes a text; expected workload.text, "
                       "workload.characters or workload.input_tokens in place of messages");
    if (form != PROMPT_TEXT && text)
        return err_set(err, ERR_USAGE,
                       "this endpoint takes no bare text; expected no workload.%s",
                       w->text ? "text" : "characters");
    return 0;
}

static int open_literal_or_rows(struct prompts *p, const struct workload *w,
                                const char *scenario_body, struct err *err)
{
    if (images_open(&p->images, &w->images, err))
        return -1;
    if (w->messages) {
        p->messages = mem_strdup(w->messages);
        return open_messages(p, err);
    }
    return w->dataset ? dataset_open(&p->dataset, w->dataset, scenario_body, err) : 0;
}

static int open_clip(struct prompts *p, const struct workload *w, struct err *err)
{
    struct clip_spec spec = {
        .file = w->audio_file,
        .length = w->audio_length > 0 ? w->audio_length : NS_ABSENT,
        .rate = w->audio_rate,
        .seed = p->seed,
    };

    p->clip = clip_open(&spec, err);
    return p->clip ? 0 : -1;
}

static int open_source(struct prompts *p, const struct workload *w,
                       const char *scenario_body, struct err *err)
{
    switch (p->form) {
    case PROMPT_MESSAGES:
        return open_literal_or_rows(p, w, scenario_body, err);
    case PROMPT_TEXT:
        p->text = w->text ? mem_strdup(w->text) : NULL;
        return 0;
    case PROMPT_AUDIO:
        if (!w->audio_url)
            return open_clip(p, w, err);
        p->text = mem_strdup(w->audio_url);
        return 0;
    }
    return 0;
}

struct prompts *prompts_open(const struct workload *w, enum prompt_form form,
                             const char *scenario_body, uint64_t seed, struct err *err)
{
    struct prompts *p = mem_alloc(sizeof(*p));

    p->w = *w;
    p->form = form;
    p->seed = seed;
    if (!prompts_check(w, form, err) && !open_source(p, w, scenario_body, err))
        return p;
    prompts_close(p);
    return NULL;
}

void prompts_close(struct prompts *p)
{
    if (!p)
        return;
    images_close(&p->images);
    dataset_close(&p->dataset);
    clip_close(p->clip);
    free(p->messages);
    free(p->text);
    free(p);
}

void prompts_replay(struct prompts *p, const struct phase *phases, size_t n_phases,
                    const char *most)
{
    p->phases = phases;
    p->n_phases = n_phases;
    p->most = most;
}

bool prompts_name_models(const struct prompts *p)
{
    for (size_t i = 0; i < p->dataset.n_rows; i++)
        if (!p->dataset.rows[i].model)
            return false;
    return p->dataset.n_rows > 0;
}

static uint64_t stream_key(const struct prompts *p, uint64_t round, uint64_t number)
{
    return rng_stream_seed(rng_stream_seed(p->seed, "rounds", round), "clips", number);
}

static void named_clip(const struct prompts *p, struct buf *out, struct prompt_info *info)
{
    buf_str(out, p->text);
    if (p->w.audio_length > 0)
        info->audio = p->w.audio_length;
}

void prompts_make(const struct prompts *p, uint64_t round, double words_per_token,
                  uint64_t number, struct buf *messages, struct buf *extra,
                  struct prompt_info *info)
{
    *info = (struct prompt_info){
        .planned_tokens = -1,
        .words = -1,
        .max_completion = -1,
        .audio = NS_ABSENT,
        .characters = -1,
    };
    if (p->clip)
        info->audio = clip_put(p->clip, stream_key(p, round, number), messages);
    else if (p->form == PROMPT_AUDIO)
        named_clip(p, messages, info);
    else if (p->form == PROMPT_TEXT)
        text(p, round, words_per_token, number, messages, info);
    else if (p->messages)
        literal(p, round, number, messages, info);
    else if (p->dataset.n_rows)
        dataset_row(p, round, number, messages, extra, info);
    else
        made_up(p, round, words_per_token, number, messages, extra, info);
}

int64_t prompts_overhead(const struct workload *w)
{
    return TEMPLATE_TOKENS + (w->prefix_tokens ? MESSAGE_TOKENS : 0) +
           (w->unique_head ? HEAD_TOKENS : 0);
}
