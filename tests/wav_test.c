#include "api/wav.h"

#include "test.h"

#define FMT                                                                                \
    "fmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0" /* 16 kHz, 16 bit */
#define RIFF "RIFF\xff\xff\xff\xffWAVE"
#define DATA(length) "data" length

/* How it went, whatever the pieces. */
struct fed {
    size_t sound;
    ns_t length;
    ns_t promised;
    bool whole;
};

static struct fed feed(const char *p, size_t n, size_t cut)
{
    struct fed f = { 0 };
    struct wav w;

    wav_init(&w);
    f.sound = wav_feed(&w, p, cut);
    f.sound += wav_feed(&w, p + cut, n - cut);
    f.length = wav_length(&w);
    f.promised = wav_promised(&w);
    f.whole = wav_whole(&w);
    return f;
}

TEST(wav_files_tell_how_long_their_sound_lasts_so_far)
{
    static const struct {
        const char *in;
        size_t n;
        size_t sound;
        ns_t length, promised;
        bool whole;
    } cases[] = {
#define FILE_OF(text) text, sizeof(text) - 1
        { FILE_OF(RIFF FMT DATA("\x08\0\0\0") "12345678"), 8, 250000, 250000, true },
        { FILE_OF(RIFF FMT DATA("\x08\0\0\0") "1234"), 4, 125000, 250000, false },
        { FILE_OF(RIFF FMT DATA("\x08\0\0\0")), 0, 0, 250000, false },
        /* a writer that does not know yet how much will come */
        { FILE_OF(RIFF FMT DATA("\xff\xff\xff\xff") "1234"), 4, 125000, NS_ABSENT, true },
        { FILE_OF(RIFF FMT DATA("\0\0\0\0") "1234"), 4, 125000, NS_ABSENT, true },
        { FILE_OF(RIFF FMT DATA("\0\xff\xff\x7f") "1234"), 4, 125000, NS_ABSENT, true },
        /* chunks before and behind, one of an odd length */
        { FILE_OF(RIFF "LIST\x03\0\0\0abc\0" FMT DATA("\x04\0\0\0") "1234"
                                                                    "LIST\0\0\0\0"),
          4, 125000, 125000, true },
        /* a longer format */
        { FILE_OF(RIFF
                  "fmt \x12\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0\0\0" DATA(
                      "\x04\0\0\0") "1234"),
          4, 125000, 125000, true },
        { FILE_OF(RIFF DATA("\x04\0\0\0") "1234"), 4, NS_ABSENT, NS_ABSENT, true },
        { FILE_OF(RIFF FMT), 0, NS_ABSENT, NS_ABSENT, false },
        { FILE_OF("RIFF"), 0, NS_ABSENT, NS_ABSENT, false },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t cut = 0; cut <= cases[i].n; cut++) {
            struct fed f = feed(cases[i].in, cases[i].n, cut);

            if (f.sound != cases[i].sound || f.length != cases[i].length ||
                f.promised != cases[i].promised || f.whole != cases[i].whole)
                fail_msg("case %zu cut at %zu: %zu bytes, %lld ns of %lld, %d", i, cut,
                         f.sound, (long long)f.length, (long long)f.promised, f.whole);
        }
}

/* Until twelve bytes are there it may still be one. */
TEST(what_is_no_wav_file_is_sound_of_unknown_length)
{
    static const char mp3[] = "ID3\x04 and what an MP3 file has";

    for (size_t cut = 12; cut < sizeof(mp3) - 1; cut++) {
        struct fed f = feed(mp3, sizeof(mp3) - 1, cut);

        assert_int_equal(f.sound, sizeof(mp3) - 1);
        assert_int_equal(f.length, NS_ABSENT);
        assert_true(f.whole);
    }
}
