#include "api/error.h"

#include "test.h"

#define TOO_LARGE                                                                          \
    "Request too large for model `m` on tokens per minute (TPM): Limit 8000, Requested "   \
    "9000"
#define REACHED                                                                            \
    "Rate limit reached for model `m` on tokens per minute (TPM): Limit 8000, Used 7000, " \
    "Requested 2000"

static enum outcome of_error(int status, const char *error_json)
{
    struct answer a;
    enum outcome o;

    answer_init(&a);
    a.status = status;
    error_value(&a, str_of(error_json));
    o = error_classify(&a, TRANSFER_DONE, false);
    answer_free(&a);
    return o;
}

TEST(classify_knows_every_status)
{
    static const struct {
        int status;
        const char *error;
        enum outcome outcome;
    } cases[] = {
        { 400, "{\"type\":\"invalid_request_error\"}", OUTCOME_BAD_REQUEST },
        { 400, "{\"code\":\"json_validate_failed\"}", OUTCOME_GENERATION },
        { 400, "{\"code\":\"tool_use_failed\"}", OUTCOME_GENERATION },
        { 400, "{\"code\":\"output_parse_failed\"}", OUTCOME_GENERATION },
        { 400, "{\"code\":\"context_length_exceeded\"}", OUTCOME_BAD_REQUEST },
        { 400, "{\"code\":\"model_decommissioned\"}", OUTCOME_BAD_REQUEST },
        { 400, "{\"code\":\"blocked_api_access\"}", OUTCOME_BLOCKED },
        { 400, "{\"code\":\"spend_limit_reached\"}", OUTCOME_BLOCKED },
        { 429, "{\"code\":\"insufficient_quota\"}", OUTCOME_BLOCKED },
        { 400, "{\"message\":\"x\",\"failed_generation\":\"blocked_api_access\"}",
          OUTCOME_BAD_REQUEST },
        { 401, "{\"code\":\"invalid_api_key\"}", OUTCOME_AUTH },
        { 402, "{}", OUTCOME_BLOCKED },
        { 403, "{\"type\":\"permissions_error\"}", OUTCOME_AUTH },
        { 403, "error code: 1010", OUTCOME_AUTH },
        { 403, "<html><title>Attention Required!</title></html>", OUTCOME_AUTH },
        { 404, "{\"code\":\"model_not_found\"}", OUTCOME_BAD_REQUEST },
        { 408, "", OUTCOME_BAD_REQUEST },
        { 409, "", OUTCOME_BAD_REQUEST },
        { 413, "{\"message\":\"" TOO_LARGE "\",\"type\":\"tokens\"}", OUTCOME_TOO_LARGE },
        { 413, "<html>413</html>", OUTCOME_TOO_LARGE },
        { 422, "{}", OUTCOME_BAD_REQUEST },
        { 424, "{}", OUTCOME_BAD_REQUEST },
        { 429, "{\"message\":\"" REACHED "\",\"type\":\"tokens\"}", OUTCOME_RATE_LIMITED },
        { 429, "{\"message\":\"" TOO_LARGE "\",\"type\":\"tokens\"}", OUTCOME_TOO_LARGE },
        { 429, "{\"message\":\"(TPM): Limit 7000, Used 0, Requested 12903.\"}",
          OUTCOME_TOO_LARGE },
        { 429, "", OUTCOME_RATE_LIMITED },
        { 498, "{\"message\":\"`flex` tier capacity exceeded\"}", OUTCOME_CAPACITY },
        { 499, "", OUTCOME_BAD_REQUEST },
        { 500, "{\"type\":\"internal_server_error\"}", OUTCOME_SERVER },
        { 501, "", OUTCOME_SERVER },
        { 502, "<html><title>502: Bad gateway</title></html>", OUTCOME_OVERLOADED },
        { 503, "{\"type\":\"internal_server_error\"}", OUTCOME_OVERLOADED },
        { 504, "", OUTCOME_OVERLOADED },
        { 505, "", OUTCOME_SERVER },
        { 519, "", OUTCOME_SERVER },
        { 520, "", OUTCOME_OVERLOADED },
        { 524, "", OUTCOME_OVERLOADED },
        { 529, "", OUTCOME_OVERLOADED },
        { 530, "", OUTCOME_SERVER },
        { 599, "", OUTCOME_SERVER },
        { 600, "", OUTCOME_PROTOCOL },
        { 999, "", OUTCOME_PROTOCOL },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(of_error(cases[i].status, cases[i].error), cases[i].outcome);
}

TEST(classify_takes_an_error_event_for_what_it_stands_for)
{
    static const struct {
        const char *error;
        enum outcome outcome;
    } cases[] = {
        { "{\"code\":\"json_validate_failed\",\"status_code\":400}", OUTCOME_GENERATION },
        { "{\"code\":\"tool_required_not_called\"}", OUTCOME_GENERATION },
        { "{\"status_code\":429}", OUTCOME_RATE_LIMITED },
        { "{\"status_code\":498}", OUTCOME_CAPACITY },
        { "{\"type\":\"rate_limit_error\"}", OUTCOME_RATE_LIMITED },
        { "{\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}", OUTCOME_RATE_LIMITED },
        { "{\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\",\"message\":\"" TOO_LARGE
          "\"}",
          OUTCOME_TOO_LARGE },
        { "{\"type\":\"api_error\"}", OUTCOME_SERVER },
        { "{\"type\":\"internal_server_error\"}", OUTCOME_SERVER },
        { "{\"type\":\"server_error\"}", OUTCOME_SERVER },
        { "{\"type\":\"overloaded_error\"}", OUTCOME_OVERLOADED },
        { "{\"type\":\"service_unavailable\"}", OUTCOME_OVERLOADED },
        { "{\"type\":\"timeout\"}", OUTCOME_OVERLOADED },
        { "{\"type\":\"invalid_request_error\",\"code\":\"invalid_api_key\"}",
          OUTCOME_AUTH },
        { "{\"type\":\"permissions_error\"}", OUTCOME_AUTH },
        { "{\"type\":\"invalid_api_key\"}", OUTCOME_AUTH },
        { "{\"type\":\"model_not_found\"}", OUTCOME_BAD_REQUEST },
        { "{\"type\":\"bad_request\"}", OUTCOME_BAD_REQUEST },
        { "{\"type\":\"context_length_exceeded\"}", OUTCOME_BAD_REQUEST },
        { "{\"type\":\"invalid_request_error\"}", OUTCOME_BAD_REQUEST },
        { "{\"type\":\"capacity_exceeded\"}", OUTCOME_CAPACITY },
        { "{\"type\":\"never heard of\"}", OUTCOME_SERVER },
        { "\"just text\"", OUTCOME_SERVER },
        { "{\"code\":503}", OUTCOME_OVERLOADED },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(of_error(200, cases[i].error), cases[i].outcome);
}

/* What has come, as letters: o output, t text, c tool call, d end mark, e error, x damage.
 */
static enum outcome of_answer(const char *came, int status, enum transfer_end end,
                              bool complete)
{
    struct answer a;
    enum outcome o;

    answer_init(&a);
    a.status = status;
    if (strchr(came, 'o'))
        answer_frame(&a, 5, false);
    a.text = strchr(came, 't');
    a.tool_call = strchr(came, 'c');
    a.done = strchr(came, 'd');
    a.damaged = strchr(came, 'x');
    if (strchr(came, 'e'))
        error_value(&a, str_of("{\"status_code\":503}"));
    o = error_classify(&a, end, complete);
    answer_free(&a);
    return o;
}

TEST(classify_knows_how_an_answer_ended)
{
    static const struct {
        const char *came;
        int status;
        enum transfer_end end;
        bool complete;
        enum outcome outcome;
    } cases[] = {
        { "otd", 200, TRANSFER_DONE, true, OUTCOME_OK },
        { "ot", 200, TRANSFER_DONE, true, OUTCOME_OK },
        { "t", 200, TRANSFER_DONE, true, OUTCOME_OK },
        { "oc", 200, TRANSFER_DONE, true, OUTCOME_OK },
        { "od", 200, TRANSFER_DONE, true, OUTCOME_EMPTY },
        { "d", 200, TRANSFER_DONE, true, OUTCOME_EMPTY },
        { "ot", 200, TRANSFER_DONE, false, OUTCOME_PARTIAL },
        { "", 200, TRANSFER_DONE, false, OUTCOME_PROTOCOL },
        { "x", 200, TRANSFER_DONE, false, OUTCOME_PROTOCOL },
        { "otdx", 200, TRANSFER_DONE, true, OUTCOME_PROTOCOL },
        { "otx", 200, TRANSFER_DONE, false, OUTCOME_PARTIAL },
        { "otde", 200, TRANSFER_DONE, true, OUTCOME_PARTIAL },
        { "ote", 200, TRANSFER_DONE, false, OUTCOME_PARTIAL },
        { "ote", 200, TRANSFER_BROKEN, false, OUTCOME_PARTIAL },
        { "e", 200, TRANSFER_DONE, false, OUTCOME_OVERLOADED },
        { "e", 200, TRANSFER_BROKEN, false, OUTCOME_OVERLOADED },
        { "ot", 200, TRANSFER_BROKEN, false, OUTCOME_PARTIAL },
        { "ot", 200, TRANSFER_BROKEN, true, OUTCOME_PARTIAL },
        { "otd", 200, TRANSFER_BROKEN, true, OUTCOME_OK },
        { "otd", 200, TRANSFER_BROKEN, false, OUTCOME_OK },
        { "otdx", 200, TRANSFER_BROKEN, false, OUTCOME_PROTOCOL },
        { "d", 200, TRANSFER_BROKEN, false, OUTCOME_EMPTY },
        { "", 200, TRANSFER_BROKEN, false, OUTCOME_TRANSPORT },
        { "", 0, TRANSFER_BROKEN, false, OUTCOME_TRANSPORT },
        { "", 0, TRANSFER_CONNECT_TIMEOUT, false, OUTCOME_TIMEOUT_CONNECT },
        { "", 0, TRANSFER_FIRST_TIMEOUT, false, OUTCOME_TIMEOUT_FIRST },
        { "", 200, TRANSFER_FIRST_TIMEOUT, false, OUTCOME_TIMEOUT_FIRST },
        { "ot", 200, TRANSFER_IDLE_TIMEOUT, false, OUTCOME_TIMEOUT_IDLE },
        { "otd", 200, TRANSFER_IDLE_TIMEOUT, true, OUTCOME_TIMEOUT_IDLE },
        { "ot", 200, TRANSFER_TOTAL_TIMEOUT, false, OUTCOME_TIMEOUT_TOTAL },
        { "", 0, TRANSFER_GARBAGE, false, OUTCOME_PROTOCOL },
        { "ot", 200, TRANSFER_GARBAGE, false, OUTCOME_PROTOCOL },
        { "", 0, TRANSFER_CUT, false, OUTCOME_CUT },
        { "otd", 200, TRANSFER_CUT, true, OUTCOME_CUT },
        { "e", 503, TRANSFER_CUT, false, OUTCOME_CUT },
        { "e", 503, TRANSFER_BROKEN, false, OUTCOME_OVERLOADED },
        { "", 503, TRANSFER_TOTAL_TIMEOUT, false, OUTCOME_OVERLOADED },
        { "", 301, TRANSFER_DONE, false, OUTCOME_PROTOCOL },
        { "t", 301, TRANSFER_DONE, true, OUTCOME_PROTOCOL },
        { "", 204, TRANSFER_DONE, false, OUTCOME_PROTOCOL },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(
            of_answer(cases[i].came, cases[i].status, cases[i].end, cases[i].complete),
            cases[i].outcome);
}

TEST(classify_tells_limits_of_a_day)
{
    static const struct {
        const char *kind;
        bool daily;
    } cases[] = {
        { "RPD", true },  { "TPD", true },  { "ASD", true },   { "ASPD", true },
        { "RPM", false }, { "TPM", false }, { "ASPH", false }, { "", false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a;

        answer_init(&a);
        buf_str(&a.limit_kind, cases[i].kind);
        assert_int_equal(error_is_daily(&a), cases[i].daily);
        answer_free(&a);
    }
}

TEST(classify_believes_no_answer_that_is_compressed)
{
    struct answer a;

    answer_init(&a);
    a.status = 200;
    a.text = a.done = true;
    assert_int_equal(error_classify(&a, TRANSFER_DONE, true), OUTCOME_OK);
    a.encoded = true;
    assert_int_equal(error_classify(&a, TRANSFER_DONE, true), OUTCOME_PROTOCOL);
    answer_free(&a);
}
