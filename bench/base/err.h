#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

enum err_code {
    ERR_NONE,
    ERR_USAGE,    /* the command line is wrong */
    ERR_PARSE,    /* a file or a message is not what its format promises */
    ERR_IO,       /* a local file or pipe failed */
    ERR_NET,      /* the target cannot be reached */
    ERR_PROTOCOL, /* the other side broke the protocol */
    ERR_LIMIT     /* longer or larger than we accept */
};

/*
 * What went wrong, for a person to read. The caller owns it, usually on its stack.
 *
 *     return err_set(err, ERR_PARSE, "unknown key \"%s\"", key);   // where the cause is
 * known return err_at(err, "%s:%d", file, line);                    // on the way up, once
 */
struct err {
    enum err_code code;
    char msg[512];
};

/* Fill *e and return -1, so that a failing function ends in `return err_set(...)`. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put the place in front of the message that is there: "chat.yaml:3:1: unknown key". */
int err_at(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
