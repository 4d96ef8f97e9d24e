#ifndef DATA_FORM_H
#define DATA_FORM_H

#include <stdbool.h>

#include "base/str.h"

/*
 * What became of the form that a request asked its output to have: JSON, JSON of a schema,
 * or calls of the tools it offers. Of an attempt one of them; NONE where no form was asked
 * for, or where the attempt came to no output at all (a rate limit, a broken connection).
 */
enum form {
    FORM_NONE,
    FORM_VALID,           /* JSON, and of the schema where there is one */
    FORM_NOT_JSON,        /* no JSON text, or something around it */
    FORM_OFF_SCHEMA,      /* JSON, but not what the schema says */
    FORM_CUT_OFF,         /* the token budget ended before the JSON did */
    FORM_UNCHECKED,       /* longer than we keep: nobody looked */
    FORM_JSON_FAILED,     /* the server's own check refused it: json_validate_failed */
    FORM_CALLED,          /* tools were called, and well */
    FORM_NOT_CALLED,      /* text instead, and no call */
    FORM_WRONG_TOOL,      /* a tool was called that was not offered */
    FORM_WRONG_ARGUMENTS, /* arguments that are no JSON, or not what the tool takes */
    FORM_TOOL_FAILED,     /* the server's own check refused it: tool_use_failed */
    N_FORMS
};

enum form_kind { FORM_OF_NOTHING, FORM_OF_JSON, FORM_OF_CALLS };

/* The only list of forms. */
struct form_row {
    const char *name; /* in the journal and in run.json; "" for NONE */
    enum form_kind kind;
    bool came; /* an output of that kind arrived and was looked at: it counts as checked */
    bool good;
    const char *help;
};

extern const struct form_row forms[N_FORMS];

/* false where no form has that name. */
bool form_find(struct str name, enum form *f);

#endif
