#define _GNU_SOURCE
#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

// Beside what it is read from its inner side stays open, so that it works while no process of the container has it open.
enum { DRAINED_PROCESS = 3, DRAINED_TERMINAL };

void drain(void) {
    static char bytes[PORTION];
    struct pollfd requests[] = {
        {.fd = DRAINED_PROCESS, .events = POLLIN},
        {.fd = DRAINED_TERMINAL, .events = POLLIN},
    };
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    while (!requests[0].revents) {
        if (poll(requests, 2, -1) < 0) continue;
        if (!requests[1].revents || read(DRAINED_TERMINAL, bytes, sizeof bytes) > 0) continue;
        // What has no more to say is not asked again.
        if (errno != EAGAIN && errno != EINTR) requests[1].fd = -1;
    }
    exit(0);
}
