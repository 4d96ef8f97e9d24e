#ifndef BASE_FDS_H
#define BASE_FDS_H

#include <stddef.h>
#include <stdint.h>

/* The file descriptors of this process. */

/* As many as the system lets us have. */
void fds_raise(void);

/*
 * Make room for n now. The kernel doubles its table where a descriptor does not fit, and
 * while there are several threads each time waits for all cores to have noticed: more than
 * 10 ms, in the middle of the load.
 */
void fds_reserve(size_t n);

/* Our port of a socket, IPv4 or IPv6; 0 where it has none. */
uint16_t fds_port(int fd);

#endif
