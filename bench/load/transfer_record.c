#include "load/answer_record.h"
#include "load/wire_private.h"

/* What a record says of a transfer that has ended. */

static ns_t span(CURL *easy, CURLINFO what)
{
    curl_off_t us = 0;

    curl_easy_getinfo(easy, what, &us);
    return us * NS_PER_US;
}

void transfer_tell_connection(const struct transfer *t, struct record *r)
{
    long opened = 0, version = 0;
    ns_t dns = span(t->easy, CURLINFO_NAMELOOKUP_TIME_T);
    ns_t tcp = span(t->easy, CURLINFO_CONNECT_TIME_T);
    ns_t tls = span(t->easy, CURLINFO_APPCONNECT_TIME_T);

    curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &opened);
    curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
    r->reused = !opened && t->connected != NS_ABSENT;
    if (r->reused)
        r->at[MOMENT_CONNECTED] = t->start;
    if (opened)
        record_tell_connection(r, dns, tcp, tls);
    if (!t->answer.status)
        return;
    r->http_version = version == CURL_HTTP_VERSION_1_0 ? 10
                      : version == CURL_HTTP_VERSION_2 ? 20
                                                       : 11;
}

/* libcurl says it at the end of its turn, when the answer may have reached us already. */
static ns_t sent_by(const struct transfer *t)
{
    return t->head != NS_ABSENT && t->head < t->sent ? t->head : t->sent;
}

static void fill_moments(const struct transfer *t, struct record *r)
{
    const struct answer *a = &t->answer;

    r->at[MOMENT_START] = t->start;
    r->at[MOMENT_CONNECTED] = t->connected;
    r->at[MOMENT_SENT] = sent_by(t);
    r->at[MOMENT_HEAD] = t->head;
    r->at[MOMENT_ROLE] = a->role;
    r->at[MOMENT_FIRST] = a->first;
    r->at[MOMENT_REASONING] = a->reasoning;
    r->at[MOMENT_ANSWER] = a->answer;
    r->at[MOMENT_CALLED] = a->called;
    r->at[MOMENT_LAST] = a->last;
    r->at[MOMENT_END] = t->end;
}

static void fill_counts(const struct transfer *t, struct record *r)
{
    if (outcomes[t->outcome].latency && demand_offers_tools(t->wire->config.demand))
        r->calls = t->answer.calls;
    r->bytes_up = t->sent == NS_ABSENT ? 0 : t->sending.n;
    r->bytes_down = t->body_bytes;
    r->doubts = t->doubts;
}

void transfer_fill(const struct transfer *t, struct record *r)
{
    r->outcome = t->outcome;
    r->form = t->form;
    record_take_answer(r, &t->answer);
    fill_moments(t, r);
    t->wire->kind->tell(t, r);
    fill_counts(t, r);
}
