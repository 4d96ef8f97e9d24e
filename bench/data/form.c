#include "data/form.h"

const struct form_row forms[N_FORMS] = {
    [FORM_NONE] = { "", FORM_OF_NOTHING, false, true, "no form was asked for" },
    [FORM_VALID] = { "valid", FORM_OF_JSON, true, true,
                     "JSON, and of the schema where there is one" },
    [FORM_NOT_JSON] = { "not_json", FORM_OF_JSON, true, false, "not one JSON text" },
    [FORM_OFF_SCHEMA] = { "off_schema", FORM_OF_JSON, true, false,
                          "JSON, but not what the schema says" },
    [FORM_CUT_OFF] = { "cut_off", FORM_OF_JSON, true, false,
                       "the token budget ended before the JSON did" },
    [FORM_UNCHECKED] = { "unchecked", FORM_OF_JSON, false, true,
                         "longer than is kept: nobody looked" },
    [FORM_JSON_FAILED] = { "json_failed", FORM_OF_JSON, false, false,
                           "the server refused its own output: json_validate_failed" },
    [FORM_CALLED] = { "called", FORM_OF_CALLS, true, true,
                      "tools were called as they were offered" },
    [FORM_NOT_CALLED] = { "not_called", FORM_OF_CALLS, false, true, "no tool was called" },
    [FORM_WRONG_TOOL] = { "wrong_tool", FORM_OF_CALLS, true, false,
                          "a tool was called that was not offered" },
    [FORM_WRONG_ARGUMENTS] = { "wrong_arguments", FORM_OF_CALLS, true, false,
                               "a tool was called with arguments that it does not take" },
    [FORM_TOOL_FAILED] = { "tool_failed", FORM_OF_CALLS, false, false,
                           "the server refused its own call: tool_use_failed" },
};

bool form_find(struct str name, enum form *f)
{
    for (int i = FORM_NONE + 1; i < N_FORMS; i++)
        if (str_is(name, forms[i].name)) {
            *f = (enum form)i;
            return true;
        }
    return false;
}
