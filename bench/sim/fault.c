#include "sim/fault.h"

#include <stdlib.h>
#include <string.h>

#define REFUSES(name_, refusal_, help_)                                                    \
    {                                                                                      \
        .name = name_, .help = help_, .refusal = refusal_                                  \
    }
#define ODD(name_, odd_, help_)                                                            \
    {                                                                                      \
        .name = name_, .help = help_, .odd = odd_                                          \
    }
#define HAPPENS(name_, incident_, place_, help_)                                           \
    {                                                                                      \
        .name = name_, .help = help_, .incident = incident_, .place = place_               \
    }
#define STALLS(name_, place_, help_)                                                       \
    {                                                                                      \
        .name = name_, .help = help_, .takes = ARG_MS, .incident = INCIDENT_STALL,         \
        .place = place_                                                                    \
    }

const struct fault faults[] = {
    { .name = "none", .help = "a good answer" },

    /* Refusals: instead of an answer. */
    REFUSES("401", REFUSAL_AUTH, "invalid key"),
    REFUSES("403", REFUSAL_PERMISSION, "model blocked for the project"),
    REFUSES("403-1010", REFUSAL_EDGE_1010, "edge refuses the agent, bare text"),
    REFUSES("403-html", REFUSAL_EDGE_BLOCK, "edge refuses, HTML"),
    REFUSES("404", REFUSAL_MODEL, "model not found"),
    REFUSES("413", REFUSAL_BODY_SIZE, "request body too large"),
    REFUSES("422", REFUSAL_SEMANTIC, "well-formed but wrong"),
    REFUSES("424", REFUSAL_DEPENDENCY, "failed dependency"),
    { .name = "429",
      .help = "rate limit reached, wait of ARG seconds",
      .takes = ARG_SECONDS,
      .arg = 2,
      .refusal = REFUSAL_RATE },
    REFUSES("498", REFUSAL_CAPACITY, "flex capacity exceeded"),
    REFUSES("500", REFUSAL_SERVER, "internal server error"),
    REFUSES("500-empty", REFUSAL_EMPTY, "500 with an empty body"),
    REFUSES("500-truncated", REFUSAL_TRUNCATED_JSON, "500 with half a JSON body"),
    REFUSES("502", REFUSAL_GATEWAY, "bad gateway, HTML"),
    REFUSES("503", REFUSAL_OVERLOADED, "over capacity"),
    REFUSES("503-text", REFUSAL_UPSTREAM, "proxy overload, plain text"),
    REFUSES("504", REFUSAL_TIMEOUT, "gateway time-out, HTML"),
    REFUSES("522", REFUSAL_ORIGIN, "edge cannot reach the origin, HTML"),
    REFUSES("json-failed", REFUSAL_JSON_FAILED, "400 json_validate_failed"),
    REFUSES("tool-failed", REFUSAL_TOOL_FAILED, "400 tool_use_failed"),
    REFUSES("parse-failed", REFUSAL_PARSE_FAILED, "400 output_parse_failed"),
    REFUSES("context", REFUSAL_CONTEXT, "400 context_length_exceeded"),
    REFUSES("decommissioned", REFUSAL_DECOMMISSIONED, "400 model_decommissioned"),
    REFUSES("terms", REFUSAL_TERMS, "400 model_terms_required"),
    REFUSES("blocked", REFUSAL_BLOCKED, "400 blocked_api_access: spend limit"),

    /* Connections. */
    HAPPENS("never", INCIDENT_STALL, PLACE_HEAD, "never answers"),
    HAPPENS("reset-head", INCIDENT_RESET, PLACE_HEAD, "TCP reset instead of an answer"),
    HAPPENS("close-head", INCIDENT_CLOSE, PLACE_HEAD, "close instead of an answer"),
    HAPPENS("cut-head", INCIDENT_CLOSE, PLACE_HEADERS, "close within the headers"),
    HAPPENS("garbage", INCIDENT_GARBAGE, PLACE_HEAD, "bytes that are no HTTP"),
    HAPPENS("bad-status", INCIDENT_STATUS, PLACE_HEAD, "a status line that is none"),
    HAPPENS("endless-header", INCIDENT_ENDLESS, PLACE_HEADERS, "a header without end"),
    HAPPENS("endless-line", INCIDENT_ENDLESS, PLACE_ROLE, "an event line without end"),
    HAPPENS("bad-chunk", INCIDENT_CHUNK, PLACE_MIDDLE, "a chunk size that is no number"),
    STALLS("stall-head", PLACE_HEAD, "nothing for ARG ms before the headers"),
    STALLS("stall-role", PLACE_ROLE, "nothing for ARG ms behind the headers"),
    STALLS("stall-first", PLACE_FIRST, "nothing for ARG ms before the first token"),
    STALLS("stall", PLACE_MIDDLE, "nothing for ARG ms after some tokens"),
    { .name = "slow-headers",
      .help = "headers byte by byte, ARG us apart",
      .takes = ARG_US,
      .arg = 5000,
      .drip_head = true },
    { .name = "drip",
      .help = "everything byte by byte, ARG us apart",
      .takes = ARG_US,
      .arg = 100,
      .drip_head = true,
      .drip = true },
    { .name = "reset",
      .help = "TCP reset within a chunk after ARG frames",
      .takes = ARG_FRAMES,
      .arg = 3,
      .incident = INCIDENT_RESET,
      .place = PLACE_MIDDLE },
    { .name = "truncated",
      .help = "close without the last chunk after ARG frames",
      .takes = ARG_FRAMES,
      .arg = 3,
      .incident = INCIDENT_CLOSE,
      .place = PLACE_MIDDLE },
    ODD("no-last-chunk", ODD_NO_LAST_CHUNK, "all of the stream, then close without it"),
    ODD("until-close", ODD_UNTIL_CLOSE, "neither chunked nor a length: ends by closing"),
    ODD("early-hints", ODD_EARLY_HINTS, "a 103 in front of the answer"),
    ODD("short-body", ODD_LENGTH, "less than content-length, then close"),

    /* Errors within a stream. */
    HAPPENS("error-first", INCIDENT_ERROR, PLACE_ROLE, "error event before any chunk"),
    HAPPENS("error", INCIDENT_ERROR, PLACE_MIDDLE, "error event after some tokens"),
    HAPPENS("error-last", INCIDENT_ERROR, PLACE_FINISHED, "error event behind the finish"),
    { .name = "error-bare",
      .help = "error after some tokens without an event: line",
      .incident = INCIDENT_ERROR,
      .place = PLACE_MIDDLE,
      .odd = ODD_BARE_ERROR },
    { .name = "error-bare-first",
      .help = "error before any chunk without an event: line",
      .incident = INCIDENT_ERROR,
      .place = PLACE_ROLE,
      .odd = ODD_BARE_ERROR },
    { .name = "error-server",
      .help = "error event of class 500 without status_code",
      .incident = INCIDENT_ERROR,
      .place = PLACE_MIDDLE,
      .event = REFUSAL_SERVER,
      .no_status = true },
    { .name = "error-overloaded",
      .help = "error event of class 503",
      .incident = INCIDENT_ERROR,
      .place = PLACE_MIDDLE,
      .event = REFUSAL_OVERLOADED },
    { .name = "error-string",
      .help = "error that is a string, not an object",
      .incident = INCIDENT_ERROR,
      .place = PLACE_MIDDLE,
      .odd = ODD_STRING_ERROR | ODD_BARE_ERROR },
    { .name = "error-x-groq",
      .help = "x_groq.error in a chunk",
      .incident = INCIDENT_ERROR,
      .place = PLACE_MIDDLE,
      .odd = ODD_XGROQ_ERROR },

    /* Habits a client must survive. */
    { .name = "crlf", .help = "lines end in CR LF", .eol = EOL_CRLF },
    { .name = "cr", .help = "lines end in CR", .eol = EOL_CR },
    { .name = "mixed-eol", .help = "lines end in LF, CR LF and CR", .eol = EOL_MIXED },
    ODD("no-space", ODD_NO_SPACE, "no space behind data:"),
    ODD("data-lines", ODD_DATA_LINES, "one event on several data: lines"),
    ODD("fields", ODD_FIELDS, "event:, id:, retry: and unknown fields"),
    ODD("id-nul", ODD_ID_NUL, "an id: that holds NUL"),
    ODD("bom", ODD_BOM, "a byte order mark in front"),
    ODD("comment-first", ODD_COMMENT_FIRST, "a comment before the first chunk"),
    ODD("comments", ODD_COMMENTS | ODD_COMMENT_FIRST, "comments between events"),
    { .name = "split",
      .help = "ARG bytes a write",
      .takes = ARG_BYTES,
      .arg = 1,
      .split = true },
    { .name = "chunks",
      .help = "ARG bytes an HTTP chunk",
      .takes = ARG_BYTES,
      .arg = 1,
      .chunks = true },
    { .name = "group",
      .help = "ARG events a write",
      .takes = ARG_EVENTS,
      .arg = 16,
      .group = true },
    ODD("no-done", ODD_NO_DONE, "no [DONE]"),
    ODD("no-finish", ODD_NO_FINISH | ODD_NO_DONE, "proper end, but no finish chunk"),
    ODD("no-blank", ODD_NO_BLANK | ODD_NO_DONE, "no blank line behind the last event"),
    ODD("empty-deltas", ODD_EMPTY_DELTAS, "empty and null deltas in between"),
    ODD("empty-choices", ODD_EMPTY_CHOICES, "chunks with empty choices in between"),
    ODD("no-choices", ODD_NO_CHOICES, "chunks without choices in between"),
    ODD("usage-null", ODD_USAGE_NULL, "usage null on every chunk"),
    { .name = "usage-x-groq", .help = "usage only in x_groq", .usage = USAGE_XGROQ },
    { .name = "usage-top", .help = "usage only at the top", .usage = USAGE_TOP },
    { .name = "usage-extra",
      .help = "usage only in the extra chunk",
      .usage = USAGE_EXTRA },
    { .name = "usage-none", .help = "no usage at all", .usage = USAGE_NONE },
    ODD("json", ODD_JSON, "one JSON answer although a stream was asked for"),
    ODD("unknown-keys", ODD_UNKNOWN_KEYS, "keys nobody knows, everywhere"),
    { .name = "exponents", .help = "counts as 4.1e1", .numbers = NUMBER_EXPONENT },
    { .name = "floats", .help = "counts as 41.0", .numbers = NUMBER_FLOAT },
    ODD("long-string", ODD_LONG_STRING, "a string of 100 KB in a chunk"),
    ODD("surrogates", ODD_SURROGATES, "lone surrogates in the text"),
    ODD("nul", ODD_NUL, "\\u0000 in the text"),
    ODD("created", ODD_CREATED, "created runs backwards"),
    ODD("fingerprint", ODD_FINGERPRINT, "system_fingerprint changes"),
    { .name = "tool-fragments",
      .help = "a tool call in several chunks",
      .fragments = true },
    { .name = "wav-length",
      .help = "the head of a WAV file tells how long it is",
      .told = SOUND_TOLD },
    { .name = "wav-short",
      .help = "the head of a WAV file tells a second more than comes",
      .told = SOUND_TOO_MUCH },
    { .name = "title-case", .help = "header names in Title-Case", .title_case = true },
    ODD("trailing", ODD_TRAILING, "more bytes behind [DONE]"),
    ODD("gzip", ODD_GZIP, "a compressed body"),
};
const size_t n_faults = sizeof(faults) / sizeof(faults[0]);

static int whole_number(struct str s, int64_t *v)
{
    *v = 0;
    if (!s.n || s.n > 12)
        return -1;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return -1;
        *v = *v * 10 + (s.p[i] - '0');
    }
    return 0;
}

int fault_parse(struct str text, struct fault_choice *c, struct err *err)
{
    const char *colon = memchr(text.p ? text.p : "", ':', text.n);
    struct str name = { text.p, colon ? (size_t)(colon - text.p) : text.n };
    size_t i = 0;

    while (i < n_faults && !str_is(name, faults[i].name))
        i++;
    if (i == n_faults)
        return err_set(err, ERR_USAGE, "no fault \"%.*s\"; --faults lists them",
                       (int)(name.n > 60 ? 60 : name.n), name.p ? name.p : "");
    *c = (struct fault_choice){ &faults[i], faults[i].arg };
    if (!colon)
        return 0;
    if (faults[i].takes == ARG_NONE ||
        whole_number((struct str){ colon + 1, text.n - name.n - 1 }, &c->arg))
        return err_set(err, ERR_USAGE, "fault \"%s\" takes %s behind the colon",
                       faults[i].name,
                       faults[i].takes == ARG_NONE ? "nothing" : "a whole number");
    return 0;
}

int fault_share_parse(struct str text, struct fault_share *s, struct err *err)
{
    const char *eq = memchr(text.p ? text.p : "", '=', text.n);
    struct str share;
    char number[32];
    char *end;
    int64_t every;

    if (!eq)
        return err_set(err, ERR_USAGE, "expected NAME[:ARG]=SHARE, as in stall:500=0.05");
    *s = (struct fault_share){ 0 };
    if (fault_parse((struct str){ text.p, (size_t)(eq - text.p) }, &s->choice, err))
        return -1;
    share = (struct str){ eq + 1, text.n - (size_t)(eq + 1 - text.p) };
    if (share.n > 2 && !memcmp(share.p, "1/", 2) &&
        !whole_number((struct str){ share.p + 2, share.n - 2 }, &every) && every > 0) {
        s->every = (uint64_t)every;
        return 0;
    }
    if (share.n && share.n < sizeof(number)) {
        memcpy(number, share.p, share.n);
        number[share.n] = '\0';
        s->probability = strtod(number, &end);
        if (*end == '%') {
            s->probability /= 100;
            end++;
        }
        if (!*end && s->probability >= 0 && s->probability <= 1)
            return 0;
    }
    return err_set(err, ERR_USAGE, "a share is 0..1, a percentage, or 1/N for every N-th");
}

struct fault_choice fault_draw(const struct fault_share *shares, size_t n_shares,
                               uint64_t n, uint64_t seed, uint64_t key)
{
    struct rng r = rng_stream(seed, "sim.fault", key);

    for (size_t i = 0; i < n_shares; i++) {
        double u = rng_unit(&r);

        if (shares[i].every ? n % shares[i].every == 0 : u < shares[i].probability)
            return shares[i].choice;
    }
    return (struct fault_choice){ &faults[0], 0 };
}
