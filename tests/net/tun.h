#ifndef NET_TUN_H
#define NET_TUN_H

/*
 * Makes a network namespace with a loopback and a TUN device in it, and moves the calling
 * process there; it ends with the last process and descriptor that holds it. Root only.
 * Returns 0, or -1 with errno and *what, the step that failed.
 */
struct tun {
    int fd;    /* packets, one a read or write; not blocking */
    int netns; /* for setns(2), by /proc/PID/fd/N */
};

int tun_open(struct tun *t, const char *address, int mtu, const char **what);

#endif
