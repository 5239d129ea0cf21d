/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/wimlib.h"

#include "adapter/file.h"
#include "adapter/libwim.h"
#include "adapter/quiet.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

LIBRARY_DEFINE(libwim, LIBWIM_FUNCTIONS, "libwim.so.15", "libwim15", "required",
	"reads and compresses boot images");

struct wim_file {
	WIMStruct *wim;
	uint32_t n_images;
};

/* ---- errors ---- */

static const struct {
	enum wimlib_error_code code;
	int rc;
	const char *text; /* NULL: wimlib's own words are good */
} faults[] = {
	{WIMLIB_ERR_NOMEM, -ENOMEM, "out of memory"},
	{WIMLIB_ERR_OPEN, -EIO, "cannot be opened"},
	{WIMLIB_ERR_READ, -EIO, "cannot be read"},
	{WIMLIB_ERR_UNEXPECTED_END_OF_FILE, -EINVAL, "ends too early: it is cut; copy it again"},
	{WIMLIB_ERR_WRITE, -EIO, "the new WIM cannot be written"},
	{WIMLIB_ERR_NOT_A_WIM_FILE, -EINVAL, "is not a WIM"},
	{WIMLIB_ERR_INVALID_HEADER, -EINVAL, "has a broken header"},
	{WIMLIB_ERR_INTEGRITY, -EINVAL,
		"does not match its own integrity table: it is damaged; copy it again"},
	{WIMLIB_ERR_INVALID_INTEGRITY_TABLE, -EINVAL, "has a broken integrity table"},
	{WIMLIB_ERR_INVALID_LOOKUP_TABLE_ENTRY, -EINVAL, "has a broken blob table"},
	{WIMLIB_ERR_INVALID_METADATA_RESOURCE, -EINVAL,
		"has broken image metadata (its list of files)"},
	{WIMLIB_ERR_METADATA_NOT_FOUND, -EINVAL, "lacks the metadata of an image"},
	{WIMLIB_ERR_INVALID_RESOURCE_HASH, -EINVAL,
		"holds data that does not match its SHA-1: it is damaged; copy it again"},
	{WIMLIB_ERR_DECOMPRESSION, -EINVAL,
		"holds data that cannot be decompressed: it is damaged; copy it again"},
	{WIMLIB_ERR_RESOURCE_NOT_FOUND, -EINVAL,
		"lacks the data of some of its files (a delta WIM, or a part of a split one)"},
	{WIMLIB_ERR_XML, -EINVAL, "has a broken XML description"},
	{WIMLIB_ERR_INVALID_IMAGE, -ENOENT, "has no such image"},
	{WIMLIB_ERR_PATH_DOES_NOT_EXIST, -ENOENT, "holds no such file"},
	{WIMLIB_ERR_NOTDIR, -ENOENT, "holds no such folder"},
	{WIMLIB_ERR_SPLIT_INVALID, -EINVAL, "is split, and its parts do not belong together"},
	{WIMLIB_ERR_WIM_IS_ENCRYPTED, -EINVAL, "is an encrypted .esd; decrypt it first"},
	{WIMLIB_ERR_WIM_IS_INCOMPLETE, -EINVAL, "is incomplete"},
};

static int fault(int code, int system_errno, struct error *err)
{
	int rc = -EINVAL;
	const char *text = libwim.wimlib_get_error_string((enum wimlib_error_code)code);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		if ((int)faults[i].code == code) {
			rc = faults[i].rc;
			text = faults[i].text;
			break;
		}
	}
	/* The cause of an I/O fault is still in errno: no space is worth telling apart. */
	if (rc == -EIO && system_errno != 0)
		return error_set(err, -system_errno, "%s: %s", text, strerror(system_errno));
	return error_set(err, rc, "%s", text);
}

static int init_rc;

static void init_once(void)
{
	/* Quiet is the default: wimlib prints only after wimlib_set_print_errors(true). */
	init_rc = libwim.wimlib_global_init(
		WIMLIB_INIT_FLAG_ASSUME_UTF8 | WIMLIB_INIT_FLAG_DEFAULT_CASE_INSENSITIVE);
}

/* ---- open ---- */

static int init(struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int rc = library_load(&libwim_library, err);
	if (rc < 0)
		return rc;
	(void)pthread_once(&once, init_once);
	return init_rc != 0 ? fault(init_rc, 0, err) : 0;
}

int wim_file_open(const char *path, struct wim_file **ret_file, struct error *err)
{
	int rc = init(err);
	if (rc < 0)
		return rc;
	CLEANUP(wim_file_closep) struct wim_file *file = calloc(1, sizeof(*file));
	if (file == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	FILE *before = quiet_begin();
	errno = 0;
	int code = libwim.wimlib_open_wim(path, WIMLIB_OPEN_FLAG_CHECK_INTEGRITY, &file->wim);
	quiet_end(before);
	if (code != 0)
		return fault(code, errno, err);
	struct wimlib_wim_info info;
	code = libwim.wimlib_get_wim_info(file->wim, &info);
	if (code != 0)
		return fault(code, 0, err);
	file->n_images = info.image_count;
	*ret_file = TAKE(file);
	return 0;
}

int wim_file_open_volume(const char *path, struct wim_file **ret_file, struct error *err)
{
	int rc = init(err);
	if (rc < 0)
		return rc;
	CLEANUP(wim_file_closep) struct wim_file *file = calloc(1, sizeof(*file));
	if (file == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	/* libntfs-3g says in the environment's language what it finds. */
	FILE *before = quiet_begin();
	errno = 0;
	int code = libwim.wimlib_create_new_wim(WIMLIB_COMPRESSION_TYPE_NONE, &file->wim);
	if (code == 0)
		code = libwim.wimlib_add_image(file->wim, path, "volume", NULL,
			WIMLIB_ADD_FLAG_NTFS | WIMLIB_ADD_FLAG_NO_ACLS);
	quiet_end(before);
	if (code == WIMLIB_ERR_UNSUPPORTED || code == WIMLIB_ERR_INVALID_PARAM)
		return error_set(err, -EOPNOTSUPP,
			"the wimlib of this system was built without NTFS, so nobody can look into "
			"the volume");
	if (code == WIMLIB_ERR_NOMEM)
		return fault(code, 0, err);
	if (code != 0)
		return error_set(err, -EBADMSG,
			"the NTFS volume cannot be read (%s): it is damaged",
			errno != 0 ? strerror(errno)
				   : libwim.wimlib_get_error_string((enum wimlib_error_code)code));
	file->n_images = 1;
	*ret_file = TAKE(file);
	return 0;
}

struct wim_file *wim_file_close(struct wim_file *file)
{
	if (file != NULL)
		libwim.wimlib_free(file->wim);
	free(file);
	return NULL;
}

int wim_file_add_parts(struct wim_file *file, const char *const *paths, size_t n, struct error *err)
{
	errno = 0;
	int code = libwim.wimlib_reference_resource_files(file->wim, paths, (unsigned)n, 0, 0);
	return code == 0 ? 0 : fault(code, errno, err);
}

uint32_t wim_file_n_images(const struct wim_file *file)
{
	return file->n_images;
}

/* ---- the XML ---- */

static void get_text(
	const struct wim_file *file, uint32_t index, const char *property, char *out, size_t size)
{
	const char *value = libwim.wimlib_get_image_property(file->wim, (int)index, property);
	(void)text_copy(out, size, value != NULL ? value : "");
}

static bool get_number(
	const struct wim_file *file, uint32_t index, const char *property, uint32_t *ret_number)
{
	uint64_t number;
	const char *value = libwim.wimlib_get_image_property(file->wim, (int)index, property);
	if (value == NULL || !text_parse_u64(value, UINT32_MAX, &number))
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* PROCESSOR_ARCHITECTURE_... of winnt.h */
static const char *arch_text(uint32_t number)
{
	switch (number) {
	case 0: return "x86";
	case 5: return "arm";
	case 9: return "amd64";
	case 12: return "arm64";
	default: return "";
	}
}

int wim_file_image(
	struct wim_file *file, uint32_t index, struct wim_image *ret_image, struct error *err)
{
	struct wim_image image = {.index = index};
	uint32_t number;

	if (index == 0 || index > file->n_images)
		return error_set(err, -ENOENT, "has no image %u; it has %u", index, file->n_images);
	get_text(file, index, "NAME", image.name, sizeof(image.name));
	get_text(file, index, "WINDOWS/INSTALLATIONTYPE", image.installation,
		sizeof(image.installation));
	get_text(file, index, "WINDOWS/EDITIONID", image.edition, sizeof(image.edition));
	if (get_number(file, index, "WINDOWS/ARCH", &number))
		(void)text_copy(image.arch, sizeof(image.arch), arch_text(number));
	image.has_version = get_number(file, index, "WINDOWS/VERSION/MAJOR", &image.version[0]) &&
			    get_number(file, index, "WINDOWS/VERSION/MINOR", &image.version[1]) &&
			    get_number(file, index, "WINDOWS/VERSION/BUILD", &image.version[2]);
	if (image.has_version)
		(void)get_number(file, index, "WINDOWS/VERSION/SPBUILD", &image.version[3]);
	*ret_image = image;
	return 0;
}

/* ---- folders ---- */

struct walk {
	wim_entry_function *function;
	void *context;
	int rc; /* what function said; wimlib's own codes are positive, so it stands apart */
};

#define WALK_STOPPED 1000 /* no code of wimlib's */

static int walk_entry(const struct wimlib_dir_entry *entry, void *context)
{
	struct walk *walk = context;
	const uint32_t not_plain = WIMLIB_FILE_ATTRIBUTE_DIRECTORY |
				   WIMLIB_FILE_ATTRIBUTE_REPARSE_POINT |
				   WIMLIB_FILE_ATTRIBUTE_ENCRYPTED | WIMLIB_FILE_ATTRIBUTE_DEVICE;
	struct wim_entry one = {
		.name = entry->filename != NULL ? entry->filename : "",
		.path = entry->full_path,
		.size = entry->streams[0].resource.uncompressed_size,
		.sha1 = entry->streams[0].resource.sha1_hash,
		.is_folder = (entry->attributes & WIMLIB_FILE_ATTRIBUTE_DIRECTORY) != 0,
		.is_file = (entry->attributes & not_plain) == 0,
	};
	walk->rc = walk->function(walk->context, &one);
	return walk->rc != 0 ? WALK_STOPPED : 0;
}

static int walk_tree(struct wim_file *file, uint32_t index, const char *path, int flags,
	struct walk *walk, struct error *err)
{
	errno = 0;
	int code = libwim.wimlib_iterate_dir_tree(
		file->wim, (int)index, path, flags, walk_entry, walk);
	if (code == WALK_STOPPED)
		return walk->rc;
	return code == 0 ? 0 : fault(code, errno, err);
}

struct inner {
	wim_entry_function *function;
	void *context;
	size_t n_seen;
};

int wim_file_list(struct wim_file *file, uint32_t index, const char *folder,
	wim_entry_function *function, void *context, struct error *err)
{
	struct walk walk = {.function = function, .context = context};
	return walk_tree(file, index, folder, WIMLIB_ITERATE_DIR_TREE_FLAG_CHILDREN, &walk, err);
}

static int pass_inner(void *context, const struct wim_entry *entry)
{
	struct inner *inner = context;
	/* The folder itself comes first. */
	if (inner->n_seen++ == 0)
		return 0;
	return inner->function(inner->context, entry);
}

int wim_file_walk(struct wim_file *file, uint32_t index, const char *folder,
	wim_entry_function *function, void *context, struct error *err)
{
	struct inner inner = {.function = function, .context = context};
	struct walk walk = {.function = pass_inner, .context = &inner};
	return walk_tree(file, index, folder, WIMLIB_ITERATE_DIR_TREE_FLAG_RECURSIVE, &walk, err);
}

int wim_file_look(struct wim_file *file, uint32_t index, const char *path,
	wim_entry_function *function, void *context, struct error *err)
{
	struct walk walk = {.function = function, .context = context};
	return walk_tree(file, index, path, 0, &walk, err);
}

static int pass_over(void *context, const struct wim_entry *entry)
{
	(void)context;
	(void)entry;
	return 0;
}

int wim_file_check_complete(struct wim_file *file, uint32_t index, struct error *err)
{
	struct walk walk = {.function = pass_over};
	return walk_tree(file, index, "\\",
		WIMLIB_ITERATE_DIR_TREE_FLAG_RECURSIVE |
			WIMLIB_ITERATE_DIR_TREE_FLAG_RESOURCES_NEEDED,
		&walk, err);
}

/* ---- files ---- */

struct wanted {
	char path[1024], name[256];
	uint64_t size;
	bool is_file;
};

static int note_wanted(void *context, const struct wim_entry *entry)
{
	struct wanted *wanted = context;
	wanted->size = entry->size;
	wanted->is_file = entry->is_file;
	return text_copy(wanted->path, sizeof(wanted->path), entry->path) &&
			       text_copy(wanted->name, sizeof(wanted->name), entry->name)
		       ? 0
		       : -ENAMETOOLONG;
}

static int read_and_remove(const char *folder, const char *name, struct buffer *out)
{
	CLEANUP(file_closep)
	int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0)
		return -errno;
	CLEANUP(file_closep) int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	struct stat status;
	int rc = fstat(fd, &status) < 0 ? -errno : S_ISREG(status.st_mode) ? 0 : -EINVAL;
	if (rc == 0)
		rc = file_read_all(fd, out);
	if (unlinkat(folder_fd, name, 0) < 0 && rc == 0)
		rc = -errno;
	return rc;
}

int wim_file_read(struct wim_file *file, uint32_t index, const char *path, const char *scratch,
	struct buffer *out, struct error *err)
{
	struct wanted wanted = {0};
	int rc = wim_file_look(file, index, path, note_wanted, &wanted, err);
	if (rc < 0)
		return error_prefix(err, rc, "%s", path);
	if (!wanted.is_file)
		return error_set(err, -EINVAL, "%s is no ordinary file", path);
	if (out->size > out->max || wanted.size > out->max - out->size)
		return error_set(err, -EFBIG, "%s has %llu bytes; %zu are accepted", path,
			(unsigned long long)wanted.size, out->max);

	const char *paths[] = {wanted.path};
	errno = 0;
	int code = libwim.wimlib_extract_paths(file->wim, (int)index, scratch, paths, 1,
		WIMLIB_EXTRACT_FLAG_NO_ACLS | WIMLIB_EXTRACT_FLAG_NO_ATTRIBUTES |
			WIMLIB_EXTRACT_FLAG_NO_PRESERVE_DIR_STRUCTURE);
	if (code != 0)
		return error_prefix(err, fault(code, errno, err), "%s", path);
	rc = read_and_remove(scratch, wanted.name, out);
	return rc < 0 ? error_set(err, rc, "%s: %s", path, strerror(-rc)) : 0;
}

int wim_file_extract(struct wim_file *file, uint32_t index, const char *const *paths, size_t n,
	const char *scratch, struct error *err)
{
	errno = 0;
	int code = libwim.wimlib_extract_paths(file->wim, (int)index, scratch, paths, n,
		WIMLIB_EXTRACT_FLAG_NO_ACLS | WIMLIB_EXTRACT_FLAG_NO_ATTRIBUTES);
	return code == 0 ? 0 : fault(code, errno, err);
}

/* ---- all of it ---- */

static enum wimlib_progress_status show_verify(
	enum wimlib_progress_msg message, union wimlib_progress_info *info, void *context)
{
	if (message == WIMLIB_PROGRESS_MSG_VERIFY_STREAMS)
		progress_tell(context, "checking", info->verify_streams.completed_bytes,
			info->verify_streams.total_bytes);
	return WIMLIB_PROGRESS_STATUS_CONTINUE;
}

int wim_file_verify(struct wim_file *file, const struct progress_sink *progress, struct error *err)
{
	if (progress != NULL)
		libwim.wimlib_register_progress_function(
			file->wim, show_verify, (void *)(uintptr_t)progress);
	errno = 0;
	int code = libwim.wimlib_verify_wim(file->wim, 0);
	libwim.wimlib_register_progress_function(file->wim, NULL, NULL);
	return code == 0 ? 0 : fault(code, errno, err);
}

/* ---- one image, written anew ---- */

static enum wimlib_progress_status show_export(
	enum wimlib_progress_msg message, union wimlib_progress_info *info, void *context)
{
	if (message == WIMLIB_PROGRESS_MSG_WRITE_STREAMS)
		progress_tell(context, "converting", info->write_streams.completed_bytes,
			info->write_streams.total_bytes);
	return WIMLIB_PROGRESS_STATUS_CONTINUE;
}

static void wimlib_freep(WIMStruct **wim)
{
	libwim.wimlib_free(*wim);
}

int wim_file_export(struct wim_file *file, uint32_t index, int fd,
	const struct progress_sink *progress, struct error *err)
{
	CLEANUP(wimlib_freep) WIMStruct *wim = NULL;
	errno = 0;
	int code = libwim.wimlib_create_new_wim(WIMLIB_COMPRESSION_TYPE_LZX, &wim);
	if (code == 0)
		code = libwim.wimlib_export_image(
			file->wim, (int)index, wim, NULL, NULL, WIMLIB_EXPORT_FLAG_BOOT);
	if (code == 0 && progress != NULL)
		libwim.wimlib_register_progress_function(
			wim, show_export, (void *)(uintptr_t)progress);
	if (code == 0)
		code = libwim.wimlib_write_to_fd(
			wim, fd, WIMLIB_ALL_IMAGES, WIMLIB_WRITE_FLAG_NOT_PIPABLE, 0);
	return code == 0 ? 0 : fault(code, errno, err);
}
