#ifndef LOAD_STAMP_H
#define LOAD_STAMP_H

#include "base/clock.h"

/*
 * When the bytes that are about to be read from a socket reached us: the one place where
 * the times of frames come from. Here it is the clock at the top of the read; the bytes may
 * have waited in the kernel for as long as the turn before took, which is the error of the
 * stamp.
 */
ns_t stamp_read(const struct clock *clock, int fd);

#endif
