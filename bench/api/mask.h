#ifndef API_MASK_H
#define API_MASK_H

#include "base/buf.h"
#include "base/str.h"

/*
 * Text from a server or a library, made fit for a file or a terminal: added to out
 *   - without secrets: the secret given (empty: none), keys that look like one (gsk_, sk-),
 *     what stands behind Bearer or Authorization:, user and password of a URL, and
 *     organization ids become ***;
 *   - on one line: every run of white space and control characters is one space, none at
 *     the start and none at the end;
 *   - cut at the ceiling of out, between characters of UTF-8.
 */
void mask_text(struct buf *out, struct str text, struct str secret);

#endif
