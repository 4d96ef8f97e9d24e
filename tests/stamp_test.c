#include "load/stamp.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

/* A TCP connection over loopback: what is written to there[1] is read from there[0]. */
static void connect_pair(int there[2])
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(a);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &n), 0);
    there[0] = socket(AF_INET, SOCK_STREAM, 0);
    stamp_enable(there[0]);
    assert_int_equal(connect(there[0], (struct sockaddr *)&a, sizeof(a)), 0);
    there[1] = accept(listener, NULL, NULL);
    close(listener);
}

static void close_pair(const int there[2])
{
    close(there[0]);
    close(there[1]);
}

TEST(stamp_lies_between_the_sending_and_the_read)
{
    struct stamper s;
    struct stamp stamp;
    int there[2];
    char c;

    stamper_init(&s, &clock_system);
    connect_pair(there);
    for (ns_t turn = 0; turn < 3; turn++) {
        ns_t sent = clock_now(&clock_system);

        assert_int_equal(write(there[1], "x", 1), 1);
        stamp = stamp_read(&s, there[0], 4096, NS_ABSENT, turn);
        assert_int_equal(stamp.waiting, 1);
        assert_true(stamp.at >= sent && stamp.at <= stamp.read);
        assert_int_equal(read(there[0], &c, 1), 1);
    }
    close_pair(there);
}

TEST(stamp_is_that_of_the_newest_bytes)
{
    struct stamper s;
    struct stamp stamp;
    ns_t between;
    int there[2];

    stamper_init(&s, &clock_system);
    connect_pair(there);
    assert_int_equal(write(there[1], "a", 1), 1);
    between = clock_now(&clock_system);
    assert_int_equal(write(there[1], "b", 1), 1);
    stamp = stamp_read(&s, there[0], 4096, NS_ABSENT, 0);
    assert_int_equal(stamp.waiting, 2);
    assert_true(stamp.at >= between);
    close_pair(there);
}

TEST(stamp_that_cannot_be_right_is_replaced)
{
    struct stamper s;
    struct stamp stamp;
    ns_t at = 5;
    struct clock stepped = clock_stepped(&at);
    int there[2];

    connect_pair(there);
    assert_int_equal(write(there[1], "x", 1), 1);
    stamper_init(&s, &clock_system);
    stamp = stamp_read(&s, there[0], 4096, NS_ABSENT, 0);
    if (stamp.kind == STAMP_READ) {
        close_pair(there);
        skip(); /* this system gives no stamps */
    }
    stamp = stamp_read(&s, there[0], 4096, clock_now(&clock_system), 0);
    assert_int_equal(stamp.kind, STAMP_REPLACED);
    assert_int_equal(stamp.at, stamp.read);
    stamper_init(&s, &stepped);
    stamp = stamp_read(&s, there[0], 4096, NS_ABSENT, 0);
    assert_int_equal(stamp.kind, STAMP_REPLACED);
    assert_int_equal(stamp.at, 5);
    close_pair(there);
}

TEST(stamp_is_the_time_of_the_read_where_there_is_no_other)
{
    struct stamper s;
    struct stamp stamp;
    int there[2];

    stamper_init(&s, &clock_system);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, there), 0);
    stamp_enable(there[0]);
    stamp = stamp_read(&s, there[0], 4096, NS_ABSENT, 0);
    assert_int_equal(stamp.kind, STAMP_READ);
    assert_int_equal(stamp.at, stamp.read);
    assert_int_equal(stamp.waiting, 0);
    close_pair(there);
}

TEST(stamp_counts_what_has_arrived_read_or_not)
{
    int there[2];
    uint64_t before;
    char c;

    connect_pair(there);
    before = stamp_arrived(there[0]);
    assert_int_equal(write(there[1], "abc", 3), 3);
    assert_int_equal(stamp_arrived(there[0]) - before, 3);
    assert_int_equal(read(there[0], &c, 1), 1);
    assert_int_equal(stamp_arrived(there[0]) - before, 3);
    assert_int_equal(write(there[1], "d", 1), 1);
    assert_int_equal(stamp_arrived(there[0]) - before, 4);
    close_pair(there);
}
