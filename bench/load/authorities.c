#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load/wire_private.h"

/*
 * Whom to trust is parsed by libcurl with the first handshake of a multi handle, which
 * takes tens of milliseconds, and kept. Here it is done before the load: a handshake is
 * begun with a port of ours that never answers, and given up once its first message is out.
 */

enum { MOST_STEPS = 100, STEP_MS = 5 }; /* a handful does */

void wire_trust(CURL *easy, const struct connection *conn)
{
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, (long)conn->tls_verify);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, conn->tls_verify ? 2L : 0L);
    /* With a folder of authorities as well nothing is kept: each connection parses anew. */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (conn->tls_ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, conn->tls_ca);
}

/* A port of this machine that listens; -1 where there is none. */
static int listen_here(char url[64])
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&a, n) || listen(fd, 1) ||
        getsockname(fd, (struct sockaddr *)&a, &n)) {
        close(fd);
        return -1;
    }
    snprintf(url, 64, "https://127.0.0.1:%d/", ntohs(a.sin_port));
    return fd;
}

/* Has the other side said its first words? */
static bool greeted(int listener, int *peer)
{
    char c;

    if (*peer < 0)
        *peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return *peer >= 0 && recv(*peer, &c, 1, MSG_PEEK) == 1;
}

static void begin_handshake(CURLM *multi, CURL *easy, int listener)
{
    int running = 1, peer = -1;

    curl_multi_add_handle(multi, easy);
    for (int i = 0; i < MOST_STEPS && running && !greeted(listener, &peer); i++) {
        curl_multi_perform(multi, &running);
        curl_multi_poll(multi, NULL, 0, running ? STEP_MS : 0, NULL);
    }
    curl_multi_remove_handle(multi, easy);
    if (peer >= 0)
        close(peer);
}

void wire_load_authorities(CURLM *multi, const struct connection *conn)
{
    char url[64];
    int listener = conn->tls_verify ? listen_here(url) : -1;
    CURL *easy = listener < 0 ? NULL : curl_easy_init();

    if (easy) {
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        wire_trust(easy, conn);
        begin_handshake(multi, easy, listener);
        curl_easy_cleanup(easy);
    }
    if (listener >= 0)
        close(listener);
}
