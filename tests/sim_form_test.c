#include "sim/form.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"

#define TYPE "multipart/form-data; boundary=XX"

/* "name=value;name<file:type>=value;" and "!" where it is damaged, "?" where it is no form.
 */
static void read_form(const char *type, const char *body, size_t n, char *out, size_t size)
{
    struct form_part p;
    struct form f;
    size_t at = 0;

    out[0] = '\0';
    if (form_open(&f, str_of(type), (struct str){ body, n })) {
        snprintf(out, size, "?");
        return;
    }
    while (form_next(&f, &p)) {
        at += (size_t)snprintf(out + at, size - at, "%.*s", (int)p.name.n, p.name.p);
        if (p.file.p)
            at += (size_t)snprintf(out + at, size - at, "<%.*s:%.*s>", (int)p.file.n,
                                   p.file.p, (int)p.type.n, p.type.p);
        at += (size_t)snprintf(out + at, size - at, "=%.*s;", (int)p.value.n, p.value.p);
    }
    if (f.bad)
        snprintf(out + at, size - at, "!");
}

#define D "Content-Disposition: form-data; "

TEST(sim_forms_are_read_as_the_rfc_writes_them)
{
    static const struct {
        const char *type;
        const char *body;
        const char *want;
    } cases[] = {
        { TYPE, "--XX\r\n" D "name=\"a\"\r\n\r\n1\r\n--XX--\r\n", "a=1;" },
        { TYPE,
          "--XX\r\n" D "name=\"a\"\r\n\r\n1\r\n--XX\r\n" D
          "name=\"file\"; filename=\"c;x.wav\"\r\nContent-Type: "
          "audio/wav\r\n\r\nRI\r\nFF\r\n"
          "--XX--",
          "a=1;file<c;x.wav:audio/wav>=RI\r\nFF;" },
        { "Multipart/Form-Data; charset=x; boundary=\"a b\"",
          "--a b\r\ncontent-disposition:form-data;name=a\r\n\r\n\r\n--a b--", "a=;" },
        { TYPE, "--XX\r\n" D "name=\"a\"\r\nX-Other: y\r\n\r\n--X\r\n--XX--", "a=--X;" },
        { TYPE, "--XX--", "" },
        { "application/json", "{}", "?" },
        { "multipart/form-data", "--XX--", "?" },
        { "multipart/mixed; boundary=XX", "--XX--", "?" },
        { TYPE, "", "?" },
        { TYPE, "--YY\r\n", "?" },
        { TYPE, "--XX", "!" },
        { TYPE, "--XXjunk", "!" },
        { TYPE, "--XX\r\n" D "name=\"a\"\r\n\r\n1", "!" },
        { TYPE, "--XX\r\n" D "name=\"a\"", "!" },
        { TYPE, "--XX\r\n" D "\r\n\r\n1\r\n--XX--", "!" },
        { TYPE, "--XX\r\n" D "name=\"a\"\r\n\r\n1\r\n--XX\r\n", "a=1;!" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char got[256];

        read_form(cases[i].type, cases[i].body, strlen(cases[i].body), got, sizeof(got));
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("case %zu: %s", i, got);
    }
}

/* A boundary too long, and forms that end anywhere: nothing is read beyond them. */
TEST(sim_forms_may_end_anywhere)
{
    static const char whole[] = "--XX\r\n" D "name=\"a\"\r\n\r\n1\r\n--XX\r\n" D
                                "name=\"b\"; filename=\"c\"\r\n\r\n2\r\n--XX--\r\n";
    char type[160], got[256];

    for (size_t n = 0; n < sizeof(whole); n++) {
        char *own = malloc(n ? n : 1);

        memcpy(own, whole, n);
        read_form(TYPE, own, n, got, sizeof(got));
        free(own);
    }
    snprintf(type, sizeof(type), "multipart/form-data; boundary=%0100d", 1);
    read_form(type, whole, sizeof(whole) - 1, got, sizeof(got));
    assert_string_equal(got, "?");
}
