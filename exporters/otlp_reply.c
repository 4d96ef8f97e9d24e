#include "exporters/otlp_reply.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "otlp.pb-c.h"

/* Of a proxy's page nothing is kept; of a server's message what is text on one line. */
static void keep(struct export_reply *r, const char *message)
{
    size_t n = strlen(message), used = 0;

    for (size_t i = 0; i < n;) {
        size_t len = utf8_length((const unsigned char *)message + i, n - i);
        bool control = (unsigned char)message[i] < ' ' || message[i] == 0x7F;

        if (used + len >= sizeof(r->message))
            break;
        if (!len || control)
            r->message[used++] = ' ';
        else
            memcpy(r->message + used, message + i, len);
        used += len && !control ? len : 0;
        i += len ? len : 1;
    }
    r->message[used] = '\0';
}

static void read_success(struct str body, struct export_reply *r)
{
    Otlp__ExportResponse *m =
        otlp__export_response__unpack(NULL, body.n, (const uint8_t *)body.p);

    if (!m)
        return;
    if (m->partial_success) {
        if (m->partial_success->rejected > 0)
            r->rejected = (uint64_t)m->partial_success->rejected;
        keep(r, m->partial_success->error_message);
    }
    otlp__export_response__free_unpacked(m, NULL);
}

static void read_status(struct str body, struct export_reply *r)
{
    Otlp__RpcStatus *m = otlp__rpc_status__unpack(NULL, body.n, (const uint8_t *)body.p);

    if (!m)
        return;
    keep(r, m->message);
    otlp__rpc_status__free_unpacked(m, NULL);
}

void otlp_reply(struct str body, bool good, struct export_reply *r)
{
    *r = (struct export_reply){ 0 };
    if (!body.n)
        return;
    if (good)
        read_success(body, r);
    else
        read_status(body, r);
}
