/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/confine.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- Landlock ---- */

/* Of linux/landlock.h, which may be older than the kernel that we run on. */
#define RIGHT_EXECUTE (UINT64_C(1) << 0)
#define RIGHT_WRITE_FILE (UINT64_C(1) << 1)
#define RIGHT_READ_FILE (UINT64_C(1) << 2)
#define RIGHT_READ_DIR (UINT64_C(1) << 3)
#define RIGHT_REMOVE_DIR (UINT64_C(1) << 4)
#define RIGHT_REMOVE_FILE (UINT64_C(1) << 5)
#define RIGHT_MAKE_CHAR (UINT64_C(1) << 6)
#define RIGHT_MAKE_DIR (UINT64_C(1) << 7)
#define RIGHT_MAKE_REG (UINT64_C(1) << 8)
#define RIGHT_MAKE_SOCK (UINT64_C(1) << 9)
#define RIGHT_MAKE_FIFO (UINT64_C(1) << 10)
#define RIGHT_MAKE_BLOCK (UINT64_C(1) << 11)
#define RIGHT_MAKE_SYM (UINT64_C(1) << 12)
#define RIGHT_REFER (UINT64_C(1) << 13)     /* version 2: into another folder */
#define RIGHT_TRUNCATE (UINT64_C(1) << 14)  /* version 3 */
#define RIGHT_IOCTL_DEV (UINT64_C(1) << 15) /* version 5: tape drives */

#define READS (RIGHT_READ_FILE | RIGHT_READ_DIR)
#define NODES (RIGHT_MAKE_CHAR | RIGHT_MAKE_SOCK | RIGHT_MAKE_FIFO | RIGHT_MAKE_BLOCK | RIGHT_MAKE_SYM)
#define FILES (RIGHT_WRITE_FILE | RIGHT_REMOVE_DIR | RIGHT_REMOVE_FILE | RIGHT_MAKE_DIR | RIGHT_MAKE_REG | RIGHT_REFER | RIGHT_TRUNCATE)
/* Those that are of a file itself; the others are of folders. */
#define OF_FILES (RIGHT_EXECUTE | RIGHT_WRITE_FILE | RIGHT_READ_FILE | RIGHT_TRUNCATE | RIGHT_IOCTL_DEV)

#define VERSION_MIN 2

#if defined(SYS_landlock_create_ruleset) && defined(SYS_landlock_add_rule) && defined(SYS_landlock_restrict_self)

#define ASK_VERSION 1u
#define RULE_PATH_BENEATH 1

/* As the kernel reads them; later members, of nets and scopes, are not used. */
struct ruleset {
	uint64_t handled;
};

struct path_beneath {
	uint64_t allowed;
	int32_t folder;
} __attribute__((packed));

static long create_ruleset(const struct ruleset *attributes, size_t bytes, unsigned flags)
{
	return syscall(SYS_landlock_create_ruleset, attributes, bytes, flags);
}

static long add_rule(int rules, const struct path_beneath *rule)
{
	return syscall(SYS_landlock_add_rule, rules, RULE_PATH_BENEATH, rule, 0);
}

static long restrict_self(int rules)
{
	return syscall(SYS_landlock_restrict_self, rules, 0);
}

#else

#define ASK_VERSION 1u

struct ruleset {
	uint64_t handled;
};

struct path_beneath {
	uint64_t allowed;
	int32_t folder;
};

static long create_ruleset(const struct ruleset *attributes, size_t bytes, unsigned flags)
{
	(void)attributes;
	(void)bytes;
	(void)flags;
	errno = ENOSYS;
	return -1;
}

static long add_rule(int rules, const struct path_beneath *rule)
{
	(void)rules;
	(void)rule;
	errno = ENOSYS;
	return -1;
}

static long restrict_self(int rules)
{
	(void)rules;
	errno = ENOSYS;
	return -1;
}

#endif

unsigned confine_version(void)
{
	long version = create_ruleset(NULL, 0, ASK_VERSION);
	return version < VERSION_MIN ? 0 : (unsigned)version;
}

static uint64_t rights_of(unsigned version)
{
	uint64_t rights = (RIGHT_REFER << 1) - 1;
	if (version >= 3)
		rights |= RIGHT_TRUNCATE;
	if (version >= 5)
		rights |= RIGHT_IOCTL_DEV;
	return rights;
}

void confine_begin(struct confine *c, enum confine_layer layer)
{
	unsigned version = confine_version();
	/* A layer that does not know REFER forbids it. */
	uint64_t of_layer = layer == CONFINE_READS ? READS | RIGHT_REFER : ~(uint64_t)READS;
	*c = (struct confine){.layer = layer, .rules = -1, .handled = rights_of(version) & of_layer};
	if (version == 0)
		return;
	const struct ruleset attributes = {c->handled};
	c->rules = (int)create_ruleset(&attributes, sizeof attributes, 0);
}

void confine_give_up(struct confine *c)
{
	if (c->rules >= 0)
		syscall(SYS_close, c->rules);
	c->rules = -1;
}

/* Calls of the system by number: where calls of the library are made to fail, one at a time, this is none of them. */
static int find(const char *path, int how)
{
	int fd;
	do
		fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC | how, 0);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* What keeps us from it now will do so later. */
static bool is_out_of_reach(int errnum)
{
	return errnum == ENOENT || errnum == ENOTDIR || errnum == EACCES || errnum == ELOOP || errnum == ENAMETOOLONG;
}

static void allow(struct confine *c, const char *path, uint64_t of_file, uint64_t of_folder)
{
	if (c->rules < 0)
		return;
	int saved = errno;
	bool folder = true;
	int fd = find(path, O_DIRECTORY);
	if (fd < 0 && errno == ENOTDIR) {
		folder = false;
		fd = find(path, 0);
	}
	const struct path_beneath rule = {.allowed = (folder ? of_folder : of_file & OF_FILES) & c->handled, .folder = fd};
	/* EBADFD: a pipe, a socket; they need no right. */
	bool good = fd >= 0 ? rule.allowed == 0 || add_rule(c->rules, &rule) == 0 || errno == EBADFD : is_out_of_reach(errno);
	if (fd >= 0)
		syscall(SYS_close, fd);
	if (!good)
		confine_give_up(c);
	errno = saved;
}

void confine_allow_read(struct confine *c, const char *path)
{
	allow(c, path, READS | RIGHT_IOCTL_DEV, READS);
}

void confine_allow_write(struct confine *c, const char *path)
{
	allow(c, path, READS | RIGHT_WRITE_FILE | RIGHT_TRUNCATE | RIGHT_IOCTL_DEV, 0);
}

void confine_allow_below(struct confine *c, const char *path, bool nodes)
{
	uint64_t rights = READS | FILES | (nodes ? NODES : 0);
	allow(c, path, 0, rights);
}

void confine_allow_rmdir(struct confine *c, const char *path)
{
	allow(c, path, 0, RIGHT_REMOVE_DIR);
}

static bool forgo_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

bool confine_enforce(struct confine *c)
{
	int saved = errno;
#if SANITIZED
	/* Its reports name what is in the address space. */
	confine_allow_read(c, "/proc");
#endif
	bool bound = c->rules >= 0 && forgo_privileges() && restrict_self(c->rules) == 0;
	confine_give_up(c);
	errno = saved;
	return bound;
}

/* ---- seccomp ---- */

#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__) && __BYTE_ORDER == __LITTLE_ENDIAN && __SIZEOF_POINTER__ == 8
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH

#define X32_BIT 0x40000000u /* another numbering of the same processor's calls */

/* Which of them all a converter of volumes never makes, and who has taken it over would.  A list of all that it does make would be another one
 * for each C library, each version of it, and each sanitizer. */
static const unsigned denied[] = {
#ifdef SYS_socketcall
	SYS_socketcall,
#endif
	/* programs */
	SYS_execve,
	SYS_execveat,
	/* the net; socket has rules of its own */
	SYS_bind,
	SYS_listen,
	SYS_accept4,
#ifdef SYS_accept
	SYS_accept,
#endif
#if !SANITIZED /* the leak checker looks into its own process */
	SYS_ptrace,
#endif
	/* other processes */
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_kcmp,
	SYS_perf_event_open,
#ifdef SYS_pidfd_getfd
	SYS_pidfd_getfd,
#endif
#ifdef SYS_process_madvise
	SYS_process_madvise,
#endif
	/* wide doors into the kernel */
	SYS_bpf,
	SYS_userfaultfd,
	SYS_io_setup,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
#ifdef SYS_io_uring_setup
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
#endif
#ifdef SYS_modify_ldt
	SYS_modify_ldt,
#endif
	/* files by other ways than their paths */
	SYS_open_by_handle_at,
	SYS_fanotify_init,
	/* the tree of files */
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_unshare,
	SYS_setns,
#ifdef SYS_fsopen
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fspick,
	SYS_move_mount,
	SYS_open_tree,
#endif
#ifdef SYS_mount_setattr
	SYS_mount_setattr,
#endif
	/* the machine */
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_acct,
	SYS_quotactl,
	SYS_syslog,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_vhangup,
#ifdef SYS_kexec_file_load
	SYS_kexec_file_load,
#endif
#ifdef SYS_iopl
	SYS_iopl,
	SYS_ioperm,
#endif
#ifdef SYS_umount
	SYS_umount,
#endif
#ifdef SYS_stime
	SYS_stime,
#endif
#ifdef SYS_clock_settime
	SYS_settimeofday,
	SYS_adjtimex,
	SYS_clock_settime,
	SYS_clock_adjtime,
#endif
#ifdef SYS_clock_settime32 /* musl's names for the old ones */
	SYS_clock_settime32,
#endif
#ifdef SYS_settimeofday_time32
	SYS_settimeofday_time32,
#endif
#ifdef SYS_clock_settime64
	SYS_clock_settime64,
	SYS_clock_adjtime64,
#endif
};
#define DENIED (sizeof denied / sizeof *denied)

/* Type something into the terminal that we were started from, for its shell to obey. */
static const unsigned denied_ioctls[] = {TIOCSTI, 0x541c /* TIOCLINUX */};
#define DENIED_IOCTLS (sizeof denied_ioctls / sizeof *denied_ioctls)

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define ANSWER(errnum) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (errnum))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define UNLESS(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped)
#define WHERE(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, skipped, 0)

struct program {
	struct sock_filter all[24 + 2 * (DENIED + DENIED_IOCTLS)];
	unsigned short count;
};

static void put(struct program *p, struct sock_filter instruction)
{
	p->all[p->count++] = instruction;
}

static void put_denied(struct program *p, unsigned number)
{
	put(p, (struct sock_filter)UNLESS(number, 1));
	put(p, (struct sock_filter)ANSWER(EPERM));
}

/* The number of the call is loaded all the way down. */
static void build(struct program *p, bool local_sockets)
{
	put(p, (struct sock_filter)LOAD(arch));
	put(p, (struct sock_filter)WHERE(ARCH, 1));
	put(p, (struct sock_filter)ANSWER(EPERM));
	put(p, (struct sock_filter)LOAD(nr));
#ifdef __x86_64__
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1));
	put(p, (struct sock_filter)ANSWER(EPERM));
#endif
	for (size_t i = 0; i < DENIED; i++)
		put_denied(p, denied[i]);
#ifdef SYS_clone3
	/* Its flags lie in memory, which cannot be looked at; the libraries then take clone. */
	put(p, (struct sock_filter)UNLESS(SYS_clone3, 1));
	put(p, (struct sock_filter)ANSWER(ENOSYS));
#endif
	/* No user name space, in which one may all. */
	put(p, (struct sock_filter)UNLESS(SYS_clone, 4));
	put(p, (struct sock_filter)LOAD(args[0]));
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 0, 1));
	put(p, (struct sock_filter)ANSWER(EPERM));
	put(p, (struct sock_filter)ALLOW);
	if (local_sockets) {
		put(p, (struct sock_filter)UNLESS(SYS_socket, 4));
		put(p, (struct sock_filter)LOAD(args[0]));
		put(p, (struct sock_filter)WHERE(AF_UNIX, 1));
		put(p, (struct sock_filter)ANSWER(EPERM));
		put(p, (struct sock_filter)ALLOW);
	} else {
		put_denied(p, SYS_socket);
		put_denied(p, SYS_connect);
	}
	put(p, (struct sock_filter)WHERE(SYS_ioctl, 1));
	put(p, (struct sock_filter)ALLOW);
	put(p, (struct sock_filter)LOAD(args[1]));
	for (size_t i = 0; i < DENIED_IOCTLS; i++)
		put_denied(p, denied_ioctls[i]);
	put(p, (struct sock_filter)ALLOW);
}

static bool set(const struct program *p, unsigned flags)
{
	const struct sock_fprog filter = {.len = p->count, .filter = (struct sock_filter *)p->all};
	/* Where a thread cannot follow, it is that one's number. */
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) == 0;
}

bool confine_knows_calls(void)
{
	return true;
}

bool confine_calls(bool local_sockets)
{
	struct program p = {.count = 0};
	int saved = errno;
	build(&p, local_sockets);
	/* Older kernels slow down what is filtered, unless told that it does not matter. */
	bool bound = forgo_privileges() &&
		     (set(&p, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW) || set(&p, SECCOMP_FILTER_FLAG_TSYNC));
	errno = saved;
	return bound;
}

#else

bool confine_knows_calls(void)
{
	return false;
}

bool confine_calls(bool local_sockets)
{
	(void)local_sockets;
	return false;
}

#endif
