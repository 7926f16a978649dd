/* QEMU plugin (API version 1): counts the guest's instructions, whole blocks at their entry.
 * Prints "ICOUNT mark|exit total=N delta=N": a mark at each system call that only marks use, and at the end.
 * The declarations stand here because Debian ships QEMU's plugin interface without its header. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
typedef void (*on_block)(plugin_id, struct qemu_plugin_tb *);
typedef void (*on_syscall)(plugin_id, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                           uint64_t, uint64_t, uint64_t);
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, on_block);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int, void *, uint64_t);
extern void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);
extern void qemu_plugin_register_vcpu_syscall_cb(plugin_id, on_syscall);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

enum { ADD = 0, GETPPID_ON_ARM = 64 }; /* Python's os.getppid() is one system call and nothing else */
static uint64_t total, last;

static void say(const char *what) {
  fprintf(stderr, "ICOUNT %s total=%llu delta=%llu\n", what, (unsigned long long)total,
          (unsigned long long)(total - last));
  last = total;
}

static void translated(plugin_id id, struct qemu_plugin_tb *block) {
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD, &total, qemu_plugin_tb_n_insns(block));
}

static void called(plugin_id id, unsigned vcpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                   uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
  if (number == GETPPID_ON_ARM) say("mark");
}

static void ended(plugin_id id, void *data) { say("exit"); }

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_vcpu_syscall_cb(id, called);
  qemu_plugin_register_atexit_cb(id, ended, NULL);
  return 0;
}
