/* A disk that is slow, or full, when the tests say so: loaded before the C library (LD_PRELOAD).
 *
 * Concerns files below FAULTY_DISK_BELOW only. The file FAULTY_DISK holds two numbers: how long
 * making data durable takes, in milliseconds (a write takes a tenth of it), and whether the disk is
 * full, 0 or 1. Without that file the disk is sound. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int concerned(int file) {
    const char *below = getenv("FAULTY_DISK_BELOW");
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (below == NULL || length < 0) return 0;
    path[length] = 0;
    return strncmp(path, below, strlen(below)) == 0;
}

static void fault(long *milliseconds, int *full) {
    char text[64];
    *milliseconds = 0;
    *full = 0;
    const char *name = getenv("FAULTY_DISK");
    int file = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return;
    text[length] = 0;
    sscanf(text, "%ld %d", milliseconds, full);
}

static void sync_slowly(int file) {
    long milliseconds;
    int full, before = errno;
    if (concerned(file)) {
        fault(&milliseconds, &full);
        usleep(milliseconds * 1000);
    }
    errno = before;
}

static int is_full(int file) {
    long milliseconds;
    int full, before = errno;
    if (!concerned(file)) return 0;
    fault(&milliseconds, &full);
    usleep(milliseconds * 100);
    errno = full ? ENOSPC : before;
    return full;
}

int fsync(int file) {
    static int (*real)(int);
    if (real == NULL) real = dlsym(RTLD_NEXT, "fsync");
    sync_slowly(file);
    return real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (real == NULL) real = dlsym(RTLD_NEXT, "fdatasync");
    sync_slowly(file);
    return real(file);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t place) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (real == NULL) real = dlsym(RTLD_NEXT, "pwrite");
    return is_full(file) ? -1 : real(file, data, size, place);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t place) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (real == NULL) real = dlsym(RTLD_NEXT, "pwrite64");
    return is_full(file) ? -1 : real(file, data, size, place);
}
