/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/sandbox.h"

#include "adapter/library.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <grp.h>
#include <linux/sched.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER true
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER false
#endif

#define LIBSECCOMP_FUNCTIONS(X)                                                                    \
	X(seccomp_attr_set)                                                                        \
	X(seccomp_init)                                                                            \
	X(seccomp_load)                                                                            \
	X(seccomp_release)                                                                         \
	X(seccomp_rule_add)
LIBRARY_DECLARE(libseccomp, LIBSECCOMP_FUNCTIONS);
LIBRARY_DEFINE(libseccomp, LIBSECCOMP_FUNCTIONS, "libseccomp.so.2", "libseccomp2", "required",
	"takes system calls from the server");

#define LIBCAP_FUNCTIONS(X)                                                                        \
	X(cap_free)                                                                                \
	X(cap_init)                                                                                \
	X(cap_set_proc)
LIBRARY_DECLARE(libcap, LIBCAP_FUNCTIONS);
LIBRARY_DEFINE(libcap, LIBCAP_FUNCTIONS, "libcap.so.2", "libcap2", "required",
	"takes root's rights from the server");

int sandbox_load_libraries(struct error *err)
{
	int rc = library_load(&libseccomp_library, err);
	return rc < 0 ? rc : library_load(&libcap_library, err);
}

/* Its entry of the user database, copied out of the library's buffer. */
static int find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid, struct error *err)
{
	errno = 0;
	const struct passwd *user = getpwnam(name);
	if (user == NULL)
		return error_set(err, errno != 0 ? -errno : -ENOENT,
			"there is no user \"%s\" ([server] user): adduser --system --group %s",
			name, name);
	*ret_uid = user->pw_uid;
	*ret_gid = user->pw_gid;
	return 0;
}

int sandbox_give_state(const char *directory, const char *user, struct error *err)
{
	uid_t uid;
	gid_t gid;
	if (user[0] == 0 || geteuid() != 0)
		return 0;
	int rc = find_user(user, &uid, &gid, err);
	if (rc < 0)
		return rc;
	char *const paths[] = {(char *)(uintptr_t)directory, NULL};
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (walk == NULL)
		return error_set(err, -errno, "%s: %s", directory, strerror(errno));
	for (FTSENT *entry; rc == 0 && (entry = fts_read(walk)) != NULL;) {
		bool is_folder = entry->fts_info == FTS_D;
		if (!is_folder && entry->fts_info != FTS_F)
			continue;
		if (entry->fts_statp->st_uid == uid && entry->fts_statp->st_gid == gid &&
			(!is_folder || (entry->fts_statp->st_mode & S_ISGID) != 0))
			continue;
		if (lchown(entry->fts_accpath, uid, gid) != 0 ||
			(is_folder && chmod(entry->fts_accpath,
					      (entry->fts_statp->st_mode & 07777) | S_ISGID) != 0))
			rc = error_set(err, -errno, "cannot give %s to %s: %s", entry->fts_path,
				user, strerror(errno));
	}
	(void)fts_close(walk);
	return rc;
}

static int drop_capabilities(struct error *err)
{
	int rc = library_load(&libcap_library, err);
	if (rc < 0)
		return rc;
	cap_t none = libcap.cap_init();
	rc = none == NULL || libcap.cap_set_proc(none) != 0 ? -errno : 0;
	if (none != NULL)
		(void)libcap.cap_free(none);
	return rc < 0 ? error_set(err, rc, "cannot give up root's capabilities: %s", strerror(-rc))
		      : 0;
}

static int become(uid_t uid, gid_t gid, const char *name, struct error *err)
{
	/* The C library does these in every thread, and the kernel drops all capabilities of a
	 * thread that ceases to be root. */
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
		setresuid(uid, uid, uid) != 0)
		return error_set(err, -errno, "cannot become %s: %s", name, strerror(errno));
	if (setuid(0) == 0)
		return error_set(err, -EPERM, "became %s, and could become root again", name);
	return 0;
}

int sandbox_become(const char *user, const char *directory, struct error *err)
{
	struct stat state;
	uid_t uid;
	gid_t gid;
	if (user[0] != 0) {
		int rc = find_user(user, &uid, &gid, err);
		if (rc < 0)
			return rc;
		return geteuid() == uid ? 0 : become(uid, gid, user, err);
	}
	if (geteuid() != 0)
		return 0;
	if (stat(directory, &state) != 0)
		return error_set(err, -errno, "%s: %s", directory, strerror(errno));
	if (state.st_uid != 0)
		return become(state.st_uid, state.st_gid, "the owner of the state directory", err);
	return drop_capabilities(err);
}

/* ---- system calls ---- */

static const int allowed_calls[] = {
	/* waiting, time, threads */
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(eventfd2),
	SCMP_SYS(pipe2),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(futex),
	SCMP_SYS(rseq),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(membarrier),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(tgkill),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(prctl),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(mprotect),
	SCMP_SYS(madvise),
	SCMP_SYS(mincore),
	SCMP_SYS(readahead),
	SCMP_SYS(fadvise64),
	SCMP_SYS(getrandom),
	SCMP_SYS(memfd_create), /* hivex works on files only: a BCD is made in one that is memory */
	/* sockets */
	SCMP_SYS(bind),
	SCMP_SYS(connect),
	SCMP_SYS(listen),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(shutdown),
	SCMP_SYS(sendfile),
	SCMP_SYS(splice),
	/* files: the store's and the blobs' */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(preadv),
	SCMP_SYS(preadv2),
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(close),
	SCMP_SYS(stat),
	SCMP_SYS(fstat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(lseek),
	SCMP_SYS(fcntl),
	SCMP_SYS(flock),
	SCMP_SYS(dup),
	SCMP_SYS(dup3),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(mkdirat),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64),
	SCMP_SYS(getcwd),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchown),
	SCMP_SYS(utimensat),
	SCMP_SYS(ioctl),
	/* who and where we are */
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getrusage),
	SCMP_SYS(prlimit64),
	SCMP_SYS(getrlimit),
};

static const int allowed_families[] = {AF_INET, AF_NETLINK, AF_UNIX};

static int add_rules(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed_calls); i++) {
		int rc = libseccomp.seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
		/* An architecture that does not have the call has no use for the rule. */
		if (rc < 0 && rc != -EDOM)
			return rc;
	}
	for (size_t i = 0; i < ARRAY_SIZE(allowed_families); i++) {
		int rc = libseccomp.seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)allowed_families[i], 0));
		if (rc < 0)
			return rc;
	}
	/* Threads yes, processes no. clone3 hides its flags from filters; without it the C library
	 * falls back to clone. */
	int rc = libseccomp.seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (rc == 0)
		rc = libseccomp.seccomp_rule_add(
			filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return rc;
}

int sandbox_filter_calls(struct error *err)
{
	if (HAS_SANITIZER)
		return 0;
	int rc = library_load(&libseccomp_library, err);
	if (rc < 0)
		return rc;
	const char *mode = getenv("PEWTER_SECCOMP");
	bool kills = mode != NULL && strcmp(mode, "kill") == 0;
	scmp_filter_ctx filter =
		libseccomp.seccomp_init(kills ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
	if (filter == NULL)
		return error_set(err, -ENOMEM, "cannot make a seccomp filter");
	rc = libseccomp.seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = libseccomp.seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1);
	if (rc == 0)
		rc = add_rules(filter);
	if (rc == 0)
		rc = libseccomp.seccomp_load(filter);
	libseccomp.seccomp_release(filter);
	return rc < 0 ? error_set(err, rc, "cannot load the seccomp filter: %s", strerror(-rc)) : 0;
}
