#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Sends the request and waits for the kernel's acknowledgement, which has an errno value.
static int acknowledged(int connection, struct nlmsghdr *request) {
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (sendto(connection, request, request->nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) return -1;
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[4096];
    } answer;
    ssize_t count = recv(connection, &answer, sizeof answer, 0);
    if (count < 0) return -1;
    if ((size_t)count < sizeof answer.header + sizeof answer.error || answer.header.nlmsg_type != NLMSG_ERROR) {
        errno = EPROTO;
        return -1;
    }
    if (answer.error.error == 0) return 0;
    errno = -answer.error.error;
    return -1;
}

int varve_network_enter(int namespace) { return setns(namespace, CLONE_NEWNET); }

int varve_link_delete(const char *name) {
    unsigned index = if_nametoindex(name);
    if (index == 0) return -1;
    int connection = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (connection < 0) return -1;
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
    } request = {
        .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_DELLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
        .link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)index},
    };
    int result = acknowledged(connection, &request.header);
    int error = errno;
    close(connection);
    errno = error;
    return result;
}
