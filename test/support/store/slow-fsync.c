/*
 * Preloaded into a process, it lets a test hold up or fail what makes a store durable. MW_SYNC_DIR names a folder:
 *   hold     while this file exists, a sync waits; it makes the file `entered` first
 *   fail     while this file exists, a sync fails with EIO
 *   full     while this file exists, writes to *.mdb fail with ENOSPC
 *   meta     while this file exists, small writes to *.mdb (those of a meta page) fail with EIO
 * MW_SYNC_DELAY_MS delays every sync by so much.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static int present(const char *name) {
  const char *dir = getenv("MW_SYNC_DIR");
  char path[4096];
  if (!dir) return 0;
  snprintf(path, sizeof path, "%s/%s", dir, name);
  return access(path, F_OK) == 0;
}

static void mark(const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", getenv("MW_SYNC_DIR"), name);
  int fd = open(path, O_CREAT | O_WRONLY, 0600);
  if (fd >= 0) close(fd);
}

/* 0: go on, -1: errno is set */
static int before_sync(void) {
  const char *delay = getenv("MW_SYNC_DELAY_MS");
  if (delay) usleep(1000 * (useconds_t)atoi(delay));
  if (present("hold")) {
    mark("entered");
    while (present("hold")) usleep(500);
  }
  if (present("fail")) {
    errno = EIO;
    return -1;
  }
  return 0;
}

static int is_store(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  return n > 4 && memcmp(path + n - 4, ".mdb", 4) == 0;
}

static int before_write(int fd, size_t n) {
  int error = present("full") ? ENOSPC : n < 1024 && present("meta") ? EIO : 0;
  if (!error || !is_store(fd)) return 0;
  errno = error;
  return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fdatasync(int fd) { return before_sync() ? -1 : REAL(fdatasync)(fd); }
int fsync(int fd) { return before_sync() ? -1 : REAL(fsync)(fd); }
int msync(void *at, size_t length, int flags) { return before_sync() ? -1 : REAL(msync)(at, length, flags); }

ssize_t write(int fd, const void *bytes, size_t n) { return before_write(fd, n) ? -1 : REAL(write)(fd, bytes, n); }
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { return before_write(fd, n) ? -1 : REAL(pwrite)(fd, bytes, n, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) { return before_write(fd, n) ? -1 : REAL(pwrite64)(fd, bytes, n, at); }
ssize_t writev(int fd, const struct iovec *parts, int n) { return before_write(fd, 4096) ? -1 : REAL(writev)(fd, parts, n); }
ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t at) { return before_write(fd, 4096) ? -1 : REAL(pwritev)(fd, parts, n, at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int n, off64_t at) { return before_write(fd, 4096) ? -1 : REAL(pwritev64)(fd, parts, n, at); }
