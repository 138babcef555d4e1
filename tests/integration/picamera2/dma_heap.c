/* LD_PRELOAD: gives picamera2 a /dev/dma_heap whose buffers are memfds, where the kernel has none. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct allocation {
  uint64_t length;
  uint32_t fd, fd_flags;
  uint64_t heap_flags;
};
#define ALLOCATE _IOWR('H', 0, struct allocation)

#define WRAP(name, parameters, arguments, path)                                     \
  int name parameters {                                                             \
    static int (*real)();                                                           \
    if (!real) real = dlsym(RTLD_NEXT, #name);                                      \
    mode_t mode = 0;                                                                \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                          \
      va_list rest;                                                                 \
      va_start(rest, flags);                                                        \
      mode = va_arg(rest, mode_t);                                                  \
      va_end(rest);                                                                 \
    }                                                                               \
    if (path && !strncmp(path, "/dev/dma_heap/", 14)) return memfd_create("heap", 0); \
    return real arguments;                                                          \
  }
WRAP(open, (const char *path, int flags, ...), (path, flags, mode), path)
WRAP(open64, (const char *path, int flags, ...), (path, flags, mode), path)
WRAP(openat, (int at, const char *path, int flags, ...), (at, path, flags, mode), path)
WRAP(openat64, (int at, const char *path, int flags, ...), (at, path, flags, mode), path)

int ioctl(int fd, unsigned long request, ...) {
  static int (*real)(int, unsigned long, void *);
  if (!real) real = dlsym(RTLD_NEXT, "ioctl");
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  if (request == ALLOCATE) {
    struct allocation *wanted = argument;
    int buffer = memfd_create("buffer", MFD_CLOEXEC);
    if (buffer < 0 || ftruncate(buffer, wanted->length)) return -1;
    wanted->fd = buffer;
    return 0;
  }
  if (_IOC_TYPE(request) == 'b' && _IOC_NR(request) <= 1) return 0; /* DMA_BUF_IOCTL_SYNC, _SET_NAME */
  return real(fd, request, argument);
}
