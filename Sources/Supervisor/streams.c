#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/// What is taken of an ended container's stream at most: the largest pipe, twice. Whatever could still write to it
/// outlived the container, and is none of it.
enum { LEFT_MAXIMUM = 2 << 20 };

static const int descriptors[STREAM_COUNT] = {OUTPUT, ERRORS};
/// Whether a client has no room for what the stream has.
static bool waits[STREAM_COUNT];
static bool is_closed[STREAM_COUNT];

/// - Returns: how much was there; 0 where there is nothing now, or never will be again.
static size_t move(enum stream stream) {
    static char bytes[PORTION];
    if (is_closed[stream]) return 0;
    ssize_t count = read(descriptors[stream], bytes, sizeof bytes);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (count <= 0) {
        is_closed[stream] = true;
        log_finish(stream);
        return 0;
    }
    log_write(stream, bytes, (size_t)count);
    clients_show(stream, bytes, (size_t)count);
    return (size_t)count;
}

void streams_requests(struct pollfd *requests) {
    for (enum stream stream = 0; stream < STREAM_COUNT; stream++) {
        if (waits[stream]) waits[stream] = !clients_have_room(stream);
        bool is_wanted = !is_closed[stream] && !waits[stream];
        requests[stream] = (struct pollfd){.fd = is_wanted ? descriptors[stream] : -1, .events = POLLIN};
        if (!is_open(descriptors[stream])) requests[stream].fd = -1;
    }
}

void streams_serve(const struct pollfd *requests) {
    for (enum stream stream = 0; stream < STREAM_COUNT; stream++) {
        if (requests[stream].fd < 0 || !requests[stream].revents) continue;
        waits[stream] = !clients_have_room(stream);
        if (!waits[stream]) (void)move(stream);
    }
}

void streams_drain(void) {
    for (enum stream stream = 0; stream < STREAM_COUNT; stream++) {
        if (!is_open(descriptors[stream])) continue;
        size_t count, all = 0;
        while (all < LEFT_MAXIMUM && (count = move(stream)) > 0) all += count;
        log_finish(stream);
        descriptor_close(descriptors[stream]);
    }
}
