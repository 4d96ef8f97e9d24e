#include "sim/transcript.h"

#include "sim/gotext.h"

enum { SEGMENT_S = 10 };

/* Words of the draft from one to another, as text. */
static void put_words(struct buf *text, const struct exchange *x, uint32_t from,
                      uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        draft_piece(&x->draft, CHANNEL_CONTENT, i, text);
}

static void put_text(struct buf *out, const struct exchange *x, uint32_t from, uint32_t to)
{
    struct buf text;

    buf_init(&text, 0);
    put_words(&text, x, from, to);
    gotext_string(out, text.p ? text.p : "", text.len);
    buf_free(&text);
}

static double seconds(ns_t t)
{
    return (double)t / NS_PER_S;
}

static uint32_t n_words(const struct exchange *x)
{
    return x->draft.tokens[CHANNEL_CONTENT];
}

static void put_segment(struct buf *out, const struct exchange *x, uint32_t i, uint32_t n)
{
    double whole = seconds(x->audio);
    double end = (i + 1) * (double)SEGMENT_S;
    uint32_t words = n_words(x);

    buf_printf(out, "{\"id\":%u,\"seek\":%u,\"start\":%u,\"end\":%.2f,\"text\":", i,
               i * SEGMENT_S * 100, i * SEGMENT_S, end < whole ? end : whole);
    put_text(out, x, words * i / n, words * (i + 1) / n);
    buf_str(out, ",\"tokens\":[50364,2425,11,50414],\"temperature\":0,"
                 "\"avg_logprob\":-0.27,\"compression_ratio\":1.62,"
                 "\"no_speech_prob\":0.01}");
}

static void put_segments(struct buf *out, const struct exchange *x)
{
    uint32_t n = (uint32_t)(x->audio / (SEGMENT_S * NS_PER_S)) + 1;

    if (x->transcript.no_segments) {
        buf_str(out, ",\"segments\":null");
        return;
    }
    buf_str(out, ",\"segments\":[");
    for (uint32_t i = 0; i < n; i++) {
        buf_str(out, i ? "," : "");
        put_segment(out, x, i, n);
    }
    buf_char(out, ']');
}

static void put_word_times(struct buf *out, const struct exchange *x)
{
    uint32_t n = n_words(x);

    if (!x->transcript.words)
        return;
    buf_str(out, ",\"words\":[");
    for (uint32_t i = 0; i < n; i++) {
        buf_str(out, i ? ",{\"word\":" : "{\"word\":");
        put_text(out, x, i, i + 1);
        buf_printf(out, ",\"start\":%.2f,\"end\":%.2f}", seconds(x->audio) * i / n,
                   seconds(x->audio) * (i + 1) / n);
    }
    buf_char(out, ']');
}

static void put_verbose(struct buf *out, const struct exchange *x)
{
    const char *language = x->transcript.translates || !*x->transcript.language
                               ? "English"
                               : x->transcript.language;

    buf_printf(out, "{\"task\":\"%s\",\"language\":",
               x->transcript.translates ? "translate" : "transcribe");
    gotext_string(out, language, strlen(language));
    buf_printf(out, ",\"duration\":%.9g,\"text\":", seconds(x->audio));
    put_text(out, x, 0, n_words(x));
    put_segments(out, x);
    put_word_times(out, x);
}

void transcript_put(struct buf *out, const struct exchange *x)
{
    switch (x->transcript.form) {
    case TRANSCRIPT_TEXT:
        put_words(out, x, 0, n_words(x));
        buf_char(out, '\n');
        return;
    case TRANSCRIPT_JSON:
        buf_str(out, "{\"text\":");
        put_text(out, x, 0, n_words(x));
        break;
    case TRANSCRIPT_VERBOSE:
        put_verbose(out, x);
        break;
    }
    buf_printf(out, ",\"x_groq\":{\"id\":\"%s\"}}\n", x->request_id);
}
