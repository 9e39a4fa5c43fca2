/* A disk that is full below one folder, for one program and its children.
 *
 *   cc -shared -fPIC -O2 -o full_disk.so full_disk.c -ldl
 *   FULL_DISK_BELOW=/some/folder FULL_DISK_ROOM=/some/file LD_PRELOAD=./full_disk.so program
 *
 * The file holds one 64-bit number in the machine's byte order: bytes that may still be written to
 * files below the folder. After that every write there answers ENOSPC; reading, renaming and
 * deleting work, as on a real disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int64_t *room;
static const char *below;

__attribute__((constructor)) static void open_room(void) {
    const char *path = getenv("FULL_DISK_ROOM");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    below = getenv("FULL_DISK_BELOW");
    if (file < 0 || !below)
        return;
    void *found = mmap(NULL, sizeof *room, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (found != MAP_FAILED)
        room = found;
    close(file);
}

static int is_full(int file, size_t size) {
    char link[64], path[4096];
    struct stat facts;
    if (!room || fstat(file, &facts) || !S_ISREG(facts.st_mode))
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    if (strncmp(path, below, strlen(below)))
        return 0;
    if (__atomic_sub_fetch(room, (int64_t)size, __ATOMIC_SEQ_CST) >= 0)
        return 0;
    errno = ENOSPC;
    return 1;
}

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *data, size_t size) {
    return is_full(file, size) ? -1 : REAL(write)(file, data, size);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
    return is_full(file, size) ? -1 : REAL(pwrite)(file, data, size, at);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
    return is_full(file, size) ? -1 : REAL(pwrite64)(file, data, size, at);
}

ssize_t writev(int file, const struct iovec *pieces, int n) {
    size_t size = 0;
    for (int i = 0; i < n; i++)
        size += pieces[i].iov_len;
    return is_full(file, size) ? -1 : REAL(writev)(file, pieces, n);
}
