#include "tun.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_tun.h>

static const char NAME[] = "net0";

static void set_address(struct ifreq *r, const char *address)
{
    struct sockaddr_in at = { .sin_family = AF_INET };

    inet_pton(AF_INET, address, &at.sin_addr);
    memcpy(&r->ifr_addr, &at, sizeof(at));
}

static int bring_up(int s, const char *name)
{
    struct ifreq r = { 0 };

    strcpy(r.ifr_name, name);
    r.ifr_flags = IFF_UP | IFF_RUNNING;
    return ioctl(s, SIOCSIFFLAGS, &r);
}

static int configure(int s, const char *address, int mtu)
{
    enum { TX_QUEUE = 5000 }; /* packets that wait for us, who may be preempted */
    struct ifreq r = { 0 };

    strcpy(r.ifr_name, NAME);
    set_address(&r, address);
    if (ioctl(s, SIOCSIFADDR, &r))
        return -1;
    set_address(&r, "255.255.255.0");
    if (ioctl(s, SIOCSIFNETMASK, &r))
        return -1;
    r.ifr_mtu = mtu;
    if (ioctl(s, SIOCSIFMTU, &r))
        return -1;
    r.ifr_qlen = TX_QUEUE;
    if (ioctl(s, SIOCSIFTXQLEN, &r))
        return -1;
    return bring_up(s, NAME);
}

int tun_open(struct tun *t, const char *address, int mtu, const char **what)
{
    struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
    int s, failed;

    *what = "a network namespace";
    if (unshare(CLONE_NEWNET))
        return -1;
    t->netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    *what = "/dev/net/tun";
    t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (t->netns < 0 || t->fd < 0)
        return -1;
    *what = "a TUN device";
    strcpy(r.ifr_name, NAME);
    if (ioctl(t->fd, TUNSETIFF, &r))
        return -1;
    *what = "the device's address";
    s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    failed = s < 0 || bring_up(s, "lo") || configure(s, address, mtu);
    close(s);
    return failed ? -1 : 0;
}
