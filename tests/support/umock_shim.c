/* What umockdev 0.17 does not do of a real keyboard device, put in front of it by LD_PRELOAD:
 *
 * - an unplugged device reads as ENODEV, not as end of file;
 * - a second EVIOCGRAB fails with EBUSY, in any process: a grab is a lock on "grab-<device>" in the test bed's folder;
 * - the clock of the event stamps can be chosen (the bed stamps with the monotonic one);
 * - the keys that EVIOCGKEY reports as down can change: they stand in "held-<device>", or in "once-<device>", which holds
 *   for one question; "asked-<device>" says that somebody asked.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define GRAB 0x40044590UL      /* EVIOCGRAB */
#define SET_CLOCK 0x400445a0UL /* EVIOCSCLOCKID */
#define IS_GET_KEYS(request) (((request) & 0xffff) == 0x4518)       /* EVIOCGKEY(size) */
#define SIZE_OF(request) (((request) >> 16) & 0x3fff)
#define MOST_FILES 4096

static int lock_of[MOST_FILES]; /* file descriptor of a device -> that of its lock; 0: not grabbed */

/* The bed's devices are pseudo-terminals (majors 136 to 143). Returns the minor, or -1. */
static int device_of(int fd)
{
    static int (*real_fstat)(int, struct stat *);
    struct stat node;
    if (!real_fstat)
        real_fstat = dlsym(RTLD_NEXT, "fstat");
    if (real_fstat(fd, &node) || !S_ISCHR(node.st_mode) || major(node.st_rdev) < 136 || major(node.st_rdev) > 143)
        return -1;
    return minor(node.st_rdev);
}

static int keys_down(int device, void *bits, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/once-%d", getenv("UMOCKDEV_DIR"), device);
    memset(bits, 0, size);
    FILE *held = fopen(path, "re");
    if (held)
        unlink(path);
    else {
        snprintf(path, sizeof path, "%s/held-%d", getenv("UMOCKDEV_DIR"), device);
        held = fopen(path, "re");
    }
    if (held) {
        size = fread(bits, 1, size, held);
        fclose(held);
    }
    snprintf(path, sizeof path, "%s/asked-%d", getenv("UMOCKDEV_DIR"), device);
    FILE *asked = fopen(path, "we");
    if (asked)
        fclose(asked);
    return 0;
}

static int grab(int fd, int device)
{
    char path[4096];
    if (fd >= MOST_FILES || lock_of[fd]) {
        errno = EBUSY;
        return -1;
    }
    snprintf(path, sizeof path, "%s/grab-%d", getenv("UMOCKDEV_DIR"), device);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB)) {
        if (lock >= 0)
            close(lock);
        errno = EBUSY;
        return -1;
    }
    lock_of[fd] = lock;
    return 0;
}

static void release(int fd)
{
    if (fd >= 0 && fd < MOST_FILES && lock_of[fd]) {
        int lock = lock_of[fd];
        lock_of[fd] = 0;
        close(lock);
    }
}

ssize_t read(int fd, void *buffer, size_t size)
{
    static ssize_t (*real_read)(int, void *, size_t);
    if (!real_read)
        real_read = dlsym(RTLD_NEXT, "read");
    ssize_t count = real_read(fd, buffer, size);
    if (count == 0 && size && device_of(fd) >= 0) {
        errno = ENODEV;
        return -1;
    }
    return count;
}

int ioctl(int fd, unsigned long request, ...)
{
    static int (*real_ioctl)(int, unsigned long, ...);
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (!real_ioctl)
        real_ioctl = dlsym(RTLD_NEXT, "ioctl");
    if (request == SET_CLOCK && device_of(fd) >= 0)
        return 0;
    if (IS_GET_KEYS(request) && device_of(fd) >= 0)
        return keys_down(device_of(fd), argument, SIZE_OF(request));
    if (request == GRAB && device_of(fd) >= 0) {
        if (argument)
            return grab(fd, device_of(fd));
        release(fd);
        return 0;
    }
    return real_ioctl(fd, request, argument);
}

int close(int fd)
{
    static int (*real_close)(int);
    if (!real_close)
        real_close = dlsym(RTLD_NEXT, "close");
    release(fd);
    return real_close(fd);
}
