#define _GNU_SOURCE
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// Messages never block here. A client takes output as fast as it reads: while the queue of one that wants it is more
// than a quarter full, which is when the kernel says that it can't be written to, nothing is read of the container. The
// rest of the queue is for what the container leaves at its end.

/// Bytes that a client's queue holds (SO_SNDBUFFORCE), which the kernel doubles.
enum { QUEUE = 512 << 10 };

static struct client {
    int socket;
    uint8_t wishes;
    bool ends_input;
    /// Whether it was found to take no more output at present.
    bool is_full;
    /// What it has sent for the container and that did not take yet: the client sends no more until it is told so.
    size_t input_count, input_taken;
    char input[PORTION];
} clients[CLIENT_MAXIMUM];

static size_t client_count;
static int listener = -1;
static const char name[] = "attach";
static bool input_has_ended;

static void add(int socket, uint8_t wishes) {
    int queue = QUEUE;
    if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &queue, sizeof queue) < 0)
        (void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &queue, sizeof queue);
    struct client *client = &clients[client_count++];
    client->socket = socket;
    client->wishes = wishes;
    client->ends_input = client->is_full = false;
    client->input_count = client->input_taken = 0;
}

/// The container's directory may have too long a path for an address, so it stands there by its descriptor.
static void listen_for_clients(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", DIRECTORY, name);
    listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) return;
    (void)unlinkat(DIRECTORY, name, 0);
    mode_t before = umask(0177);
    int result = bind(listener, (struct sockaddr *)&address, sizeof address);
    umask(before);
    if (result == 0 && listen(listener, CLIENT_MAXIMUM) == 0) return;
    close(listener);
    listener = -1;
}

void clients_open(void) {
    if (is_open(CLIENT)) add(CLIENT, options.wishes);
    listen_for_clients();
}

size_t clients_requests(struct pollfd *requests) {
    size_t count = 0;
    requests[count++] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (size_t i = 0; i < client_count; i++) {
        short events = (short)(POLLIN | (clients[i].is_full ? POLLOUT : 0));
        requests[count++] = (struct pollfd){.fd = clients[i].socket, .events = events};
    }
    return count;
}

static void leave(struct client *client) {
    // A container whose input is one client's has none once that is gone.
    if (options.ends_input && (client->wishes & WISH_INPUT)) client->ends_input = true;
    close(client->socket);
    client->socket = -1;
}

/// Acts on one message.
/// - Returns: false for one that is no message.
static bool obey(struct client *client, const char *text, size_t count) {
    switch (text[0]) {
    case MESSAGE_HELLO:
        if (count != 2) return false;
        client->wishes = (uint8_t)text[1];
        return true;
    case MESSAGE_INPUT:
        // Before the last piece was taken there may be no other.
        if (!(client->wishes & WISH_INPUT) || client->input_count > 0) return false;
        client->input_count = count - 1;
        client->input_taken = 0;
        memcpy(client->input, text + 1, count - 1);
        return true;
    case MESSAGE_END_INPUT:
        if (options.ends_input && (client->wishes & WISH_INPUT)) client->ends_input = true;
        return true;
    case MESSAGE_RESIZE:
        if (count != 5) return false;
        uint16_t size[2];
        memcpy(size, text + 1, sizeof size);
        input_resize(size[0], size[1]);
        return true;
    case MESSAGE_SIGNAL:
        if (count == 2) process_signal((unsigned char)text[1]);
        return count == 2;
    default: return false;
    }
}

static void listen_to(struct client *client) {
    static char text[PORTION + 1];
    // The others have their turn too.
    for (int turn = 0; turn < 16 && client->socket >= 0; turn++) {
        ssize_t count = recv(client->socket, text, sizeof text, MSG_DONTWAIT | MSG_TRUNC);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0 || (size_t)count > sizeof text || !obey(client, text, (size_t)count)) leave(client);
    }
}

/// Forgets those who are gone and have nothing left to say.
static void tidy(void) {
    size_t kept = 0;
    for (size_t i = 0; i < client_count; i++) {
        if (clients[i].socket < 0 && clients[i].input_count == 0) {
            input_has_ended |= clients[i].ends_input;
            continue;
        }
        if (kept != i) memcpy(&clients[kept], &clients[i], sizeof clients[i]);
        kept++;
    }
    client_count = kept;
}

static void welcome(void) {
    // The others have their turn too.
    for (int turn = 0; turn < CLIENT_MAXIMUM; turn++) {
        // Stays open when varve is executed: it is told the container's end by that.
        int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (socket < 0) return;
        if (client_count < CLIENT_MAXIMUM) {
            add(socket, 0);
            continue;
        }
        const char refusal = MESSAGE_REFUSED;
        (void)send(socket, &refusal, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        close(socket);
    }
}

void clients_serve(const struct pollfd *requests, size_t count) {
    for (size_t i = 1; i < count; i++) {
        if (requests[i].revents & (POLLIN | POLLHUP | POLLERR)) listen_to(&clients[i - 1]);
    }
    // First, so that who comes in place of one who has left finds room.
    tidy();
    if (requests[0].revents) welcome();
}

static uint8_t wish(enum stream stream) { return stream == STREAM_OUTPUT ? WISH_OUTPUT : WISH_ERRORS; }

bool clients_have_room(enum stream stream) {
    bool have_room = true;
    for (size_t i = 0; i < client_count; i++) {
        clients[i].is_full = false;
        if (clients[i].socket < 0 || !(clients[i].wishes & wish(stream))) continue;
        struct pollfd request = {.fd = clients[i].socket, .events = POLLOUT};
        clients[i].is_full = poll(&request, 1, 0) == 0;
        have_room = have_room && !clients[i].is_full;
    }
    return have_room;
}

static void tell(struct client *client, enum message kind, const char *bytes, size_t count) {
    char head = (char)kind;
    struct iovec parts[] = {{&head, 1}, {(char *)bytes, count}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (client->socket < 0 || sendmsg(client->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return;
    // Half of a container's output is worse than being told that there is no more.
    leave(client);
}

void clients_show(enum stream stream, const char *bytes, size_t count) {
    for (size_t i = 0; i < client_count; i++) {
        if (clients[i].wishes & wish(stream))
            tell(&clients[i], stream == STREAM_OUTPUT ? MESSAGE_OUTPUT : MESSAGE_ERRORS, bytes, count);
    }
}

void clients_finish(int code) {
    char text[12];
    int count = snprintf(text, sizeof text, "%d", code);
    for (size_t i = 0; i < client_count; i++) tell(&clients[i], MESSAGE_EXIT, text, (size_t)count);
    (void)unlinkat(DIRECTORY, name, 0);
    close(listener);
}

static struct client *typist(void) {
    for (size_t i = 0; i < client_count; i++) {
        if (clients[i].input_count > 0) return &clients[i];
    }
    return NULL;
}

const char *clients_input(size_t *count) {
    struct client *client = typist();
    if (!client) return NULL;
    *count = client->input_count - client->input_taken;
    return client->input + client->input_taken;
}

void clients_input_taken(size_t count) {
    struct client *client = typist();
    if (!client) return;
    client->input_taken += count;
    if (client->input_taken < client->input_count) return;
    client->input_count = 0;
    // Who is gone is forgotten when all are served: answers of poll(2) go by their places.
    tell(client, MESSAGE_TAKEN, NULL, 0);
}

bool clients_input_ended(void) {
    if (typist()) return false;
    for (size_t i = 0; i < client_count; i++) input_has_ended |= clients[i].ends_input;
    return input_has_ended;
}
