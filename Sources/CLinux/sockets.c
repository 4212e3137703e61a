#define _GNU_SOURCE
#include "include/sockets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

int varve_send_descriptor(int socket, int descriptor, const void *text, size_t length) {
    struct iovec bytes = {.iov_base = (void *)text, .iov_len = length};
    union {
        char space[CMSG_SPACE(sizeof descriptor)];
        struct cmsghdr aligned;
    } control = {0};
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent == -1 && errno == EINTR);
    if (sent >= 0 && (size_t)sent != length) errno = EMSGSIZE, sent = -1;
    return sent < 0 ? -1 : 0;
}
