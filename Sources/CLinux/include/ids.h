// Who is who in another user namespace: mounts mapped by it, and files made as somebody in it.
#ifndef CLINUX_IDS_H
#define CLINUX_IDS_H

#include <stddef.h>
#include <stdint.h>

/// A new user namespace with these maps (lines as in /proc/PID/uid_map) and no process in it, close-on-exec; -1 with errno.
int varve_user_namespace(const char *users, const char *groups);

/// The maps of a user namespace as this process's shows them, ended by a NUL, cut at `size`; -1 with errno.
int varve_user_maps(int user_namespace, char *users, char *groups, size_t size);

/// Shows the owners of what is on a detached mount as the user namespace maps them (mount_setattr(2), MOUNT_ATTR_IDMAP).
int varve_map_mount(int mount, int recursive, int user_namespace);

/// From here on, what the calling thread makes belongs to this user and group (setfsuid(2)). It keeps all its capabilities.
/// 0 for both undoes it. -1 with errno.
int varve_make_files_as(uint32_t user, uint32_t group);

#endif
