/* A delegate that takes no operation, and misbehaves on demand: a stand-in for libedgetpu. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Delegate {
  void *data;
  int (*prepare)(void *context, struct Delegate *delegate);
  void *copy_from, *copy_to, *free_handle;
  int64_t flags;
  void *opaque;
} Delegate;

static int prepare(void *context, Delegate *delegate) {
  (void)context;
  (void)delegate;
  return 0;
}

Delegate *tflite_plugin_create_delegate(char **keys, char **values, size_t count,
                                        void (*report_error)(const char *)) {
  (void)keys;
  (void)values;
  (void)count;
  (void)report_error;
#if defined(CRASHES)
  abort();
#elif defined(HANGS)
  for (;;) pause();
#elif defined(REFUSES)
  report_error("no device is attached");
  return NULL;
#endif
  Delegate *delegate = calloc(1, sizeof(Delegate));
  delegate->prepare = prepare;
  return delegate;
}

void tflite_plugin_destroy_delegate(Delegate *delegate) { free(delegate); }
