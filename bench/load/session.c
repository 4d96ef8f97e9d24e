#include "load/session.h"

#include <math.h>

#include "base/rng.h"
#include "data/stats.h"
#include "load/images.h"
#include "load/words.h"

/* As in prompts.c: what a template puts around a message, and the guess by length. */
enum { MESSAGE_TOKENS = 5, BYTES_PER_TOKEN = 4, DRAWS = 1000 };

void session_init(struct session *s)
{
    *s = (struct session){ 0 };
    buf_init(&s->prompt, 0);
    buf_init(&s->extra, 0);
}

void session_free(struct session *s)
{
    buf_free(&s->prompt);
    buf_free(&s->extra);
}

/* Every choice has a stream of its own; turns are numbered as requests are. */
static struct rng stream(const struct session_rules *rules, const char *name, uint64_t i)
{
    return rng_stream(rng_stream_seed(rules->seed, "rounds", rules->round), name, i);
}

static uint32_t turns_of(const struct dist *turns, double u)
{
    double n = dist_draw(turns, u);

    return n < 1 ? 1 : n > SESSION_MAX_TURNS ? SESSION_MAX_TURNS : (uint32_t)n;
}

void session_begin(struct session *s, const struct session_rules *rules, uint64_t number,
                   const struct buf *prompt, const struct buf *extra)
{
    struct rng rng = stream(rules, "session turns", number);

    s->number = number;
    s->turn = s->asked = 1;
    s->turns = turns_of(&rules->spec->turns, rng_open(&rng));
    buf_clear(&s->prompt);
    buf_add(&s->prompt, prompt->p, prompt->len - 1);
    buf_clear(&s->extra);
    if (extra->len)
        buf_add(&s->extra, extra->p, extra->len);
}

/* Number of the turn that comes next, in its streams. */
static uint64_t next_turn(const struct session *s)
{
    return s->number * SESSION_MAX_TURNS + s->turn;
}

static ns_t thinking(const struct session *s, const struct session_rules *rules)
{
    const struct session_spec *spec = rules->spec;
    struct rng rng = stream(rules, "session think", next_turn(s));
    double cv = spec->think_cv;

    if (cv <= 0)
        return spec->think;
    return llround((double)spec->think *
                   stats_gamma_quantile(1 / (cv * cv), rng_open(&rng)));
}

static void put_words(struct session *s, const struct session_rules *rules)
{
    struct rng length = stream(rules, "session lengths", next_turn(s));
    struct rng rng = stream(rules, "session words", next_turn(s));
    double tokens = dist_draw(&rules->spec->input_tokens, rng_open(&length));
    double n = round(tokens * rules->words_per_token);

    buf_char(&s->prompt, '"');
    words_put(&s->prompt, &rng, n < 1 ? 1 : (size_t)n);
    buf_char(&s->prompt, '"');
}

/* The script's next line; its last one goes on. */
static const char *line_of(const struct session *s, const struct session_spec *spec)
{
    size_t i = s->asked - 1;

    return spec->messages[i < spec->n_messages ? i : spec->n_messages - 1];
}

/* The next message of the user in the row; false: it has no more. */
static bool row_goes_on(const struct session *s, const struct session_rules *rules,
                        struct str *message)
{
    return prompts_user_message(rules->prompts, rules->round, s->number, s->asked + 1,
                                message);
}

/* Returns the pictures that are in it. */
static struct image_use put_user(struct session *s, const struct session_rules *rules)
{
    struct jsonw w;
    struct str message;

    if (rules->spec->from_dataset && row_goes_on(s, rules, &message)) {
        buf_char(&s->prompt, ',');
        buf_add(&s->prompt, message.p, message.n);
        s->asked++;
        return images_in(message);
    }
    buf_str(&s->prompt, ",{\"role\":\"user\",\"content\":");
    if (rules->spec->n_messages) {
        jsonw_init(&w, &s->prompt, 0);
        jsonw_string(&w, line_of(s, rules->spec));
    } else {
        put_words(s, rules);
    }
    buf_char(&s->prompt, '}');
    s->asked++;
    return (struct image_use){ 0 };
}

static void put_results(struct session *s, const struct session_rules *rules,
                        const struct said *said)
{
    for (size_t i = 0; i < said->n_calls; i++)
        rules->endpoint->tool_result(&said->calls[i], rules->spec->tool_result, &s->prompt);
}

/* What the next prompt will count: what this one did, what was answered, what is new. */
static void estimate(const struct session *s, const struct record *r,
                     const struct said *said, size_t before, struct image_use images,
                     struct prompt_info *info)
{
    size_t grown = s->prompt.len - before - images.bytes;
    size_t answered = said->bytes < grown ? said->bytes : 0;
    size_t added = grown - answered;

    if (r->tokens.prompt >= 0)
        info->estimated_tokens = r->tokens.prompt;
    if (r->tokens.completion >= 0)
        info->estimated_tokens += r->tokens.completion;
    else
        info->estimated_tokens += (int64_t)(answered / BYTES_PER_TOKEN);
    info->estimated_tokens += (int64_t)(added / BYTES_PER_TOKEN) + MESSAGE_TOKENS;
    info->estimated_tokens += (int64_t)(images.n * IMAGE_TOKENS);
    info->images += images.n;
    info->planned_tokens = info->words = -1;
}

/* Has the user anything to say to an answer that calls no tool? */
static bool asks_on(const struct session *s, const struct session_rules *rules)
{
    struct str message;

    if (rules->spec->tools_only)
        return false;
    return !rules->spec->from_dataset || row_goes_on(s, rules, &message);
}

bool session_follow(struct session *s, const struct session_rules *rules,
                    const struct record *r, const struct answer *a, ns_t *wait,
                    struct prompt_info *info, bool *whole)
{
    const struct said *said = &a->said;
    bool tools = said->n_calls && rules->spec->tool_result;
    size_t before = s->prompt.len;
    struct image_use images = { 0 };

    *whole = false;
    if (!outcomes[r->outcome].latency || said->lost)
        return false;
    *whole = s->turn >= s->turns || (!said->n_calls && !asks_on(s, rules));
    if (*whole)
        return false;
    if (said->n_calls && !tools)
        return false;
    *wait = tools ? rules->spec->tool_time : thinking(s, rules);
    rules->endpoint->follow(said, &s->prompt);
    if (tools)
        put_results(s, rules, said);
    else
        images = put_user(s, rules);
    if (s->prompt.len > SESSION_MAX_PROMPT)
        return false;
    estimate(s, r, said, before, images, info);
    s->turn++;
    return true;
}

void session_prompt(const struct session *s, struct buf *out, struct buf *extra)
{
    buf_add(out, s->prompt.p, s->prompt.len);
    buf_char(out, ']');
    if (s->extra.len)
        buf_add(extra, s->extra.p, s->extra.len);
}

uint32_t session_most_turns(const struct session_spec *spec)
{
    return turns_of(&spec->turns, 1 - 0.5 / DRAWS);
}

void session_means(const struct session_spec *spec, double *turns, double *before)
{
    double sum = 0, earlier = 0;

    for (int i = 0; i < DRAWS; i++) {
        double n = turns_of(&spec->turns, (i + 0.5) / DRAWS);

        sum += n;
        earlier += n * (n - 1) / 2;
    }
    *turns = sum / DRAWS;
    *before = earlier / sum;
}
