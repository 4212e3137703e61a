#define _GNU_SOURCE
#include "supervisor.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_closed;

static bool can_take(void) { return !is_closed && is_open(INPUT); }

/// Whoever waits to be told that its input was taken goes on, although nobody reads it.
static void discard(void) {
    size_t count;
    while (clients_input(&count)) clients_input_taken(count);
}

static void end(void) {
    is_closed = true;
    // A terminal is all of the container's streams, and stays.
    if (!options.has_terminal) descriptor_close(INPUT);
}

short input_events(void) {
    size_t count;
    if (!can_take()) {
        discard();
        return 0;
    }
    if (clients_input(&count)) return POLLOUT;
    if (!options.has_terminal && clients_input_ended()) end();
    return 0;
}

void input_serve(short events) {
    size_t count;
    const char *text;
    if (!events || !can_take()) return;
    while ((text = clients_input(&count))) {
        ssize_t taken = write(INPUT, text, count);
        if (taken < 0 && errno == EINTR) continue;
        if (taken < 0 && errno == EAGAIN) return;
        if (taken < 0) {
            // The container has closed its input.
            end();
            discard();
            return;
        }
        clients_input_taken((size_t)taken);
    }
}

void input_resize(uint16_t rows, uint16_t columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    // A terminal that takes no size keeps its own.
    if (options.has_terminal) (void)ioctl(INPUT, TIOCSWINSZ, &size);
}
