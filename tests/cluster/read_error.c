/* Preloaded: one read of a file in results/ fails each time that the file named by
 * READ_ERROR appears; it is removed then. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t read(int descriptor, void *buffer, size_t bytes)
{
    static ssize_t (*next)(int, void *, size_t);
    const char *due = getenv("READ_ERROR");
    char link[64], path[4096];
    if (!next)
        next = dlsym(RTLD_NEXT, "read");
    if (due && access(due, F_OK) == 0) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
        ssize_t length = readlink(link, path, sizeof path - 1);
        path[length > 0 ? length : 0] = 0;
        if (strstr(path, "/results/") && unlink(due) == 0) {
            errno = EIO;
            return -1;
        }
    }
    return next(descriptor, buffer, bytes);
}
