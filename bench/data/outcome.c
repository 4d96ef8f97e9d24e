#include "data/outcome.h"

const struct outcome_row outcomes[N_OUTCOMES] = {
    [OUTCOME_OK] = { "ok", false, false, true, "answered" },
    [OUTCOME_EMPTY] = { "empty", false, false, true,
                        "answered well, but without visible text or tool call" },
    [OUTCOME_RATE_LIMITED] = { "rate_limited", true, true, false,
                               "429: a rate limit refused it" },
    [OUTCOME_TOO_LARGE] = { "too_large", false, true, false,
                            "413: larger than a whole limit or than the server takes" },
    [OUTCOME_CAPACITY] = { "capacity", true, true, false,
                           "498: the service tier had no capacity" },
    [OUTCOME_OVERLOADED] = { "overloaded", true, true, false,
                             "502, 503, 504, 52x: the server or its edge was overloaded" },
    [OUTCOME_SERVER] = { "server", true, true, false, "500 and other 5xx" },
    [OUTCOME_GENERATION] = { "generation", true, true, false,
                             "the model's output failed its JSON, tool or format check" },
    [OUTCOME_BAD_REQUEST] = { "bad_request", false, true, false,
                              "other 4xx: the request is wrong" },
    [OUTCOME_AUTH] = { "auth", false, true, false, "401, 403: key or permission" },
    [OUTCOME_BLOCKED] = { "blocked", false, true, false, "the spend limit is reached" },
    [OUTCOME_PARTIAL] = { "partial", false, true, false,
                          "broke off, or an error event came, after output" },
    [OUTCOME_PROTOCOL] = { "protocol", false, true, false,
                           "bytes that are not what the endpoint promises" },
    [OUTCOME_TIMEOUT_CONNECT] = { "timeout_connect", true, true, false,
                                  "no connection within timeout.connect" },
    [OUTCOME_TIMEOUT_FIRST] = { "timeout_first", true, true, false,
                                "no output within timeout.first" },
    [OUTCOME_TIMEOUT_IDLE] = { "timeout_idle", false, true, false,
                               "silent for timeout.idle after output had begun" },
    [OUTCOME_TIMEOUT_TOTAL] = { "timeout_total", false, true, false,
                                "not done within timeout.total" },
    [OUTCOME_TRANSPORT] = { "transport", true, true, false,
                            "DNS, connect, TLS, reset: no whole answer" },
    [OUTCOME_CUT] = { "cut", false, false, false,
                      "still running when the trial ended: neither error nor latency" },
};

bool outcome_find(struct str name, enum outcome *o)
{
    for (int i = 0; i < N_OUTCOMES; i++)
        if (str_is(name, outcomes[i].name)) {
            *o = (enum outcome)i;
            return true;
        }
    return false;
}
