#include "api/error.h"

#include "api/prose.h"

enum match { WHOLE, START };

/* Codes that say more than the status they come with. */
static const struct code_row {
    const char *code;
    enum match match;
    enum outcome outcome;
} codes[] = {
    { "blocked_api_access", WHOLE, OUTCOME_BLOCKED },
    { "spend_", START, OUTCOME_BLOCKED },
    { "insufficient_quota", WHOLE, OUTCOME_BLOCKED },
    { "billing_hard_limit_reached", WHOLE, OUTCOME_BLOCKED },
    { "json_validate_failed", WHOLE, OUTCOME_GENERATION },
    { "tool_use_failed", WHOLE, OUTCOME_GENERATION },
    { "output_parse_failed", WHOLE, OUTCOME_GENERATION },
    { "tool_required_not_called", WHOLE, OUTCOME_GENERATION },
    { "capacity_exceeded", WHOLE, OUTCOME_CAPACITY },
    { "batch_expired", WHOLE, OUTCOME_TIMEOUT_TOTAL },
    { "batch_cancelled", WHOLE, OUTCOME_CUT },
};

/* The first row that the status lies in. */
static const struct status_row {
    int from, to;
    enum outcome outcome;
} statuses[] = {
    { 401, 401, OUTCOME_AUTH },         { 402, 402, OUTCOME_BLOCKED },
    { 403, 403, OUTCOME_AUTH },         { 413, 413, OUTCOME_TOO_LARGE },
    { 429, 429, OUTCOME_RATE_LIMITED }, { 498, 498, OUTCOME_CAPACITY },
    { 400, 499, OUTCOME_BAD_REQUEST },  { 502, 504, OUTCOME_OVERLOADED },
    { 520, 529, OUTCOME_OVERLOADED },   { 500, 599, OUTCOME_SERVER },
};

/* The status that an error stands for when it does not say: by its code or type. */
static const struct type_row {
    const char *type;
    int status;
} types[] = {
    { "rate_limit_exceeded", 429 },
    { "rate_limit_error", 429 },
    { "invalid_api_key", 401 },
    { "authentication_error", 401 },
    { "permissions_error", 403 },
    { "permission_error", 403 },
    { "model_not_found", 404 },
    { "context_length_exceeded", 400 },
    { "bad_request", 400 },
    { "invalid_request_error", 400 },
    { "overloaded_error", 503 },
    { "service_unavailable", 503 },
    { "timeout", 504 },
    { "api_error", 500 },
    { "internal_server_error", 500 },
    { "server_error", 500 },
};

static const enum outcome ends[] = {
    [TRANSFER_DONE] = OUTCOME_OK,
    [TRANSFER_CONNECT_TIMEOUT] = OUTCOME_TIMEOUT_CONNECT,
    [TRANSFER_FIRST_TIMEOUT] = OUTCOME_TIMEOUT_FIRST,
    [TRANSFER_IDLE_TIMEOUT] = OUTCOME_TIMEOUT_IDLE,
    [TRANSFER_TOTAL_TIMEOUT] = OUTCOME_TIMEOUT_TOTAL,
    [TRANSFER_BROKEN] = OUTCOME_TRANSPORT,
    [TRANSFER_GARBAGE] = OUTCOME_PROTOCOL,
    [TRANSFER_CUT] = OUTCOME_CUT,
};

static struct str text_of(const struct buf *b)
{
    return (struct str){ answer_string(b), b->len };
}

static const struct code_row *find_code(struct str code)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].match == START ? str_starts(code, codes[i].code)
                                    : str_is(code, codes[i].code))
            return &codes[i];
    return NULL;
}

static int find_type(struct str type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_is(type, types[i].type))
            return types[i].status;
    return 0;
}

/* What an error that says nothing at all stands for is a failure of the server. */
static int effective_status(const struct answer *a)
{
    int status = a->status >= 400 ? a->status : a->error_status;

    if (!status)
        status = find_type(text_of(&a->error_code));
    if (!status)
        status = find_type(text_of(&a->error_type));
    return status ? status : 500;
}

/*
 * One request that is larger than a whole limit never fits, whatever the status: older
 * answers said 429, and some give only the figures.
 */
static bool never_fits(const struct answer *a)
{
    struct prose prose;

    prose_read(text_of(&a->error), &prose);
    return str_starts(text_of(&a->error), "Request too large") ||
           (prose.limit > 0 && prose.requested > prose.limit);
}

static enum outcome error_class(const struct answer *a)
{
    const struct code_row *row = find_code(text_of(&a->error_code));
    int status = effective_status(a);

    if (!row)
        row = find_code(text_of(&a->error_type));
    if (row)
        return row->outcome;
    if (status == 429 && never_fits(a))
        return OUTCOME_TOO_LARGE;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (status >= statuses[i].from && status <= statuses[i].to)
            return statuses[i].outcome;
    return OUTCOME_PROTOCOL;
}

/*
 * An answer that ended as HTTP says, of a status below 400 and without an error in it. What
 * can be read of a compressed one is not all of it.
 */
static enum outcome answer_class(const struct answer *a, bool complete)
{
    if (!complete && a->frames)
        return OUTCOME_PARTIAL;
    if (!complete || a->damaged || a->encoded || a->status / 100 != 2)
        return OUTCOME_PROTOCOL;
    return a->text || a->tool_call ? OUTCOME_OK : OUTCOME_EMPTY;
}

enum outcome error_classify(const struct answer *a, enum transfer_end end, bool complete)
{
    if (end == TRANSFER_CUT)
        return OUTCOME_CUT;
    if (a->status >= 400)
        return error_class(a);
    if (a->failed)
        return a->frames ? OUTCOME_PARTIAL : error_class(a);
    if (end == TRANSFER_DONE)
        return answer_class(a, complete);
    if (end == TRANSFER_BROKEN && a->done)
        return answer_class(a, true);
    if (end == TRANSFER_BROKEN && a->frames)
        return OUTCOME_PARTIAL;
    return ends[end];
}

bool error_is_daily(const struct answer *a)
{
    return prose_window(text_of(&a->limit_kind)) == 24 * 3600 * NS_PER_S;
}
