// UNIX sockets (unix(7)).
#ifndef CLINUX_SOCKETS_H
#define CLINUX_SOCKETS_H

#include <stddef.h>

/// Sends the descriptor beside `length` bytes of `text`, at least one, as one message: 0, or -1 with errno.
int varve_send_descriptor(int socket, int descriptor, const void *text, size_t length);

#endif
