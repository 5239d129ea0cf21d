/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adapter/isofs.h"

#include "adapter/library.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

#define LIBISOFS_WITHOUT_LIBBURN /* declares what libburn would: struct burn_source */
#include <libisofs/libisofs.h>

#define BLOCK_BYTES   2048
/* So that burned discs can be read to their end by drives that read ahead (what mkisofs pads). */
#define TAIL_BLOCKS   150
/* The largest file begins at a whole block of any file system, so that it can be shared with the
 * store, and at a whole large folio of the page cache: there the kernel copies half as fast again
 * (ext4, Linux 6.18: 0.12 s for 500 MB in place of 0.18). */
#define ALIGN_BYTES   65536
#define STEP_BYTES    (64U << 10)
#define CATALOGUE     "boot/boot.cat"
/* Not a file of any medium: only moves what follows. */
#define FILLER_NAME   ".fill"
#define UEFI_PLATFORM 0xEF

#define FUNCTIONS(X)                                                                               \
	X(el_torito_set_boot_platform_id)                                                          \
	X(el_torito_set_full_load)                                                                 \
	X(el_torito_set_load_size)                                                                 \
	X(iso_dir_get_node)                                                                        \
	X(iso_error_to_msg)                                                                        \
	X(iso_finish)                                                                              \
	X(iso_image_add_boot_image)                                                                \
	X(iso_image_add_new_dir)                                                                   \
	X(iso_image_create_burn_source)                                                            \
	X(iso_image_get_root)                                                                      \
	X(iso_image_new)                                                                           \
	X(iso_image_path_to_node)                                                                  \
	X(iso_image_set_application_id)                                                            \
	X(iso_image_set_boot_image)                                                                \
	X(iso_image_unref)                                                                         \
	X(iso_init)                                                                                \
	X(iso_node_get_type)                                                                       \
	X(iso_node_set_hidden)                                                                     \
	X(iso_node_set_sort_weight)                                                                \
	X(iso_set_msgs_severities)                                                                 \
	X(iso_stream_unref)                                                                        \
	X(iso_tree_add_new_file)                                                                   \
	X(iso_write_opts_free)                                                                     \
	X(iso_write_opts_new)                                                                      \
	X(iso_write_opts_set_allow_deep_paths)                                                     \
	X(iso_write_opts_set_allow_longer_paths)                                                   \
	X(iso_write_opts_set_always_gmt)                                                           \
	X(iso_write_opts_set_default_timestamp)                                                    \
	X(iso_write_opts_set_iso_level)                                                            \
	X(iso_write_opts_set_joliet)                                                               \
	X(iso_write_opts_set_joliet_long_names)                                                    \
	X(iso_write_opts_set_joliet_longer_paths)                                                  \
	X(iso_write_opts_set_max_37_char_filenames)                                                \
	X(iso_write_opts_set_no_force_dots)                                                        \
	X(iso_write_opts_set_omit_version_numbers)                                                 \
	X(iso_write_opts_set_pvd_times)                                                            \
	X(iso_write_opts_set_replace_timestamps)                                                   \
	X(iso_write_opts_set_rockridge)                                                            \
	X(iso_write_opts_set_sort_files)                                                           \
	X(iso_write_opts_set_tail_blocks)
LIBRARY_DECLARE(libisofs, FUNCTIONS);
LIBRARY_DEFINE(
	libisofs, FUNCTIONS, "libisofs.so.6", "libisofs6", "recommended", "writes ISO images");

/* What the largest file's first block says until its real bytes take its place. */
static const char placeholder[] = "here is where the largest file goes";

/* ---- files as libisofs sees them ---- */

struct source {
	struct view *view;
	uint64_t at;
	bool is_placeholder; /* its bytes are not asked for */
	ino_t number;
	atomic_int *fault; /* the errno of a read that failed: libisofs would go on with zeros */
};

static int source_open(IsoStream *stream)
{
	struct source *source = stream->data;
	source->at = 0;
	return 1;
}

static int source_close(IsoStream *stream)
{
	(void)stream;
	return 1;
}

static off_t source_size(IsoStream *stream)
{
	const struct source *source = stream->data;
	return (off_t)view_size(source->view);
}

static int source_read(IsoStream *stream, void *bytes, size_t n)
{
	struct source *source = stream->data;
	uint64_t left = view_size(source->view) - source->at;
	if (n > left)
		n = (size_t)left;
	if (n > BLOCK_BYTES)
		n = BLOCK_BYTES;
	if (source->is_placeholder) {
		memset(bytes, 0, n);
		if (source->at == 0)
			memcpy(bytes, placeholder,
				n < sizeof(placeholder) ? n : sizeof(placeholder));
	} else if (n > 0) {
		int rc = view_read(source->view, source->at, bytes, n);
		if (rc < 0) {
			atomic_store(source->fault, rc);
			return (int)ISO_FILE_READ_ERROR;
		}
	}
	source->at += n;
	return (int)n;
}

static int source_is_repeatable(IsoStream *stream)
{
	(void)stream;
	return 1;
}

/* Two files of equal content stay two. */
static void source_id(IsoStream *stream, unsigned int *fs, dev_t *device, ino_t *number)
{
	const struct source *source = stream->data;
	*fs = 0;
	*device = 0;
	*number = source->number;
}

static void source_free(IsoStream *stream)
{
	struct source *source = stream->data;
	(void)view_unref(source->view);
	free(source);
}

static int source_update_size(IsoStream *stream)
{
	(void)stream;
	return 1;
}

static struct IsoStream_Iface source_class = {
	.version = 1,
	.type = {'u', 's', 'e', 'r'},
	.open = source_open,
	.close = source_close,
	.get_size = source_size,
	.read = source_read,
	.is_repeatable = source_is_repeatable,
	.get_id = source_id,
	.free = source_free,
	.update_size = source_update_size,
};

static IsoStream *source_new(
	struct view *view, bool is_placeholder, ino_t number, atomic_int *fault)
{
	CLEANUP(memory_freep) struct source *source = malloc(sizeof(*source));
	IsoStream *stream = malloc(sizeof(*stream)); /* iso_stream_unref() frees it */
	if (source == NULL || stream == NULL) {
		free(stream);
		return NULL;
	}
	*source = (struct source){
		.view = view_ref(view),
		.is_placeholder = is_placeholder,
		.number = number,
		.fault = fault,
	};
	*stream = (IsoStream){.class = &source_class, .refcount = 1, .data = TAKE(source)};
	return stream;
}

/* ---- the tree ---- */

struct volume {
	const struct isofs_request *request;
	size_t largest;      /* index of the file that is not written */
	size_t filler_bytes; /* in front of it */
	IsoImage *image;
	IsoWriteOpts *options;
	struct burn_source *output;
	ino_t n_streams;
	atomic_int fault; /* of libisofs' thread, reading a file */
	struct error *err;
};

static void volume_clear(struct volume *volume)
{
	struct burn_source *output = volume->output;
	if (output != NULL) {
		/* Waits for libisofs' thread. */
		(void)output->cancel(output);
		output->free_data(output);
		free(output);
	}
	if (volume->options != NULL)
		libisofs.iso_write_opts_free(volume->options);
	if (volume->image != NULL)
		libisofs.iso_image_unref(volume->image);
}

/* What libisofs calls an error. */
static int fault(const struct volume *volume, const char *what, int code)
{
	int rc = code == (int)ISO_OUT_OF_MEM ? -ENOMEM : -EINVAL;
	return error_set(volume->err, rc, "%s: %s", what, libisofs.iso_error_to_msg(code));
}

/* The folder of that name, made if it is not there. */
static int enter(struct volume *volume, IsoDir **folder, const char *name)
{
	IsoNode *node = NULL;
	int code = libisofs.iso_dir_get_node(*folder, name, &node);
	if (code == 1 && libisofs.iso_node_get_type(node) != LIBISO_DIR)
		return error_set(volume->err, -EEXIST, "%s is a file and a folder", name);
	if (code == 1) {
		*folder = (IsoDir *)node;
		return 0;
	}
	code = libisofs.iso_image_add_new_dir(volume->image, *folder, name, folder);
	return code < 0 ? fault(volume, name, code) : 0;
}

static int add_stream(struct volume *volume, const char *path, struct view *view, bool is_last,
	IsoFile **ret_file)
{
	IsoDir *folder = libisofs.iso_image_get_root(volume->image);
	char name[256];
	const char *slash;
	while ((slash = strchr(path, '/')) != NULL) {
		(void)text_copy(name, sizeof(name), path);
		if ((size_t)(slash - path) >= sizeof(name))
			return error_set(volume->err, -EINVAL, "%s: too long a name", path);
		name[slash - path] = 0;
		int rc = enter(volume, &folder, name);
		if (rc < 0)
			return rc;
		path = slash + 1;
	}
	IsoStream *stream = source_new(view, is_last, ++volume->n_streams, &volume->fault);
	if (stream == NULL)
		return error_set(volume->err, -ENOMEM, "out of memory");
	int code = libisofs.iso_tree_add_new_file(folder, path, stream, ret_file);
	if (code < 0)
		libisofs.iso_stream_unref(stream);
	if (code == (int)ISO_NODE_NAME_NOT_UNIQUE)
		return error_set(volume->err, -EEXIST, "%s is there twice", path);
	return code < 0 ? fault(volume, path, code) : 0;
}

static int add_files(struct volume *volume)
{
	const struct isofs_request *request = volume->request;
	for (size_t i = 0; i < request->n_files; i++) {
		IsoFile *file = NULL;
		int rc = add_stream(volume, request->files[i].path, request->files[i].view,
			i == volume->largest, &file);
		if (rc < 0)
			return rc;
		if (i == volume->largest)
			libisofs.iso_node_set_sort_weight((IsoNode *)file, -1);
	}
	return 0;
}

static int add_filler(struct volume *volume)
{
	CLEANUP(view_unrefp) struct view *zeros = NULL;
	IsoFile *file = NULL;
	if (view_new(&zeros) < 0 || view_add_zeros(zeros, volume->filler_bytes) < 0)
		return error_set(volume->err, -ENOMEM, "out of memory");
	int rc = add_stream(volume, FILLER_NAME, zeros, false, &file);
	if (rc == 0)
		libisofs.iso_node_set_hidden((IsoNode *)file,
			LIBISO_HIDE_ON_RR | LIBISO_HIDE_ON_JOLIET | LIBISO_HIDE_BUT_WRITE);
	return rc;
}

/* ---- starting from it ---- */

/* El Torito 1.0; UEFI 2.10, 13.3.2.1: platform 0xEF, the image is a FAT volume. */
static int add_boot(struct volume *volume, const char *path, bool is_uefi, bool is_first)
{
	ElToritoBootImage *entry = NULL;
	char absolute[300] = "/";
	IsoNode *node = NULL;
	if (!text_copy(absolute + 1, sizeof(absolute) - 1, path) ||
		libisofs.iso_image_path_to_node(volume->image, absolute, &node) != 1)
		return error_set(volume->err, -ENOENT, "%s, to start from, is not there", path);
	const struct isofs_file *largest = &volume->request->files[volume->largest];
	int weight = strcmp(largest->path, path) == 0 ? -1 : 0;
	int code = is_first ? libisofs.iso_image_set_boot_image(volume->image, absolute,
				      ELTORITO_NO_EMUL, "/" CATALOGUE, &entry)
			    : libisofs.iso_image_add_boot_image(
				      volume->image, absolute, ELTORITO_NO_EMUL, 0, &entry);
	if (code < 0)
		return fault(volume, path, code);
	libisofs.iso_node_set_sort_weight(node, weight);
	if (is_uefi) {
		(void)libisofs.el_torito_set_boot_platform_id(entry, UEFI_PLATFORM);
		libisofs.el_torito_set_full_load(entry, 1);
	} else {
		libisofs.el_torito_set_load_size(entry, ISOFS_BIOS_SECTORS);
	}
	return 0;
}

static int add_boots(struct volume *volume)
{
	const struct isofs_request *request = volume->request;
	IsoDir *folder = libisofs.iso_image_get_root(volume->image);
	if (request->bios_path == NULL && request->uefi_path == NULL)
		return 0;
	char name[] = CATALOGUE;
	*strchr(name, '/') = 0;
	int rc = enter(volume, &folder, name);
	if (rc == 0 && request->bios_path != NULL)
		rc = add_boot(volume, request->bios_path, false, true);
	if (rc == 0 && request->uefi_path != NULL)
		rc = add_boot(volume, request->uefi_path, true, request->bios_path == NULL);
	return rc;
}

/* ---- writing ---- */

/* Names as oscdimg leaves them, without ";1" and the dot of "BCD.": the boot sector of Windows
 * Vista's media finds no others (KB 931708). */
static int set_options(struct volume *volume)
{
	IsoWriteOpts *o = NULL;
	time_t time = (time_t)volume->request->time;
	int code = libisofs.iso_write_opts_new(&o, 0);
	if (code < 0)
		return fault(volume, "libisofs", code);
	volume->options = o;
	char none[] = "";
	if ((code = libisofs.iso_write_opts_set_iso_level(o, 3)) < 0 ||
		(code = libisofs.iso_write_opts_set_rockridge(o, 0)) < 0 ||
		(code = libisofs.iso_write_opts_set_joliet(o, 1)) < 0 ||
		(code = libisofs.iso_write_opts_set_joliet_long_names(o, 1)) < 0 ||
		(code = libisofs.iso_write_opts_set_joliet_longer_paths(o, 1)) < 0 ||
		(code = libisofs.iso_write_opts_set_allow_deep_paths(o, 1)) < 0 ||
		(code = libisofs.iso_write_opts_set_allow_longer_paths(o, 1)) < 0 ||
		(code = libisofs.iso_write_opts_set_max_37_char_filenames(o, 1)) < 0 ||
		(code = libisofs.iso_write_opts_set_omit_version_numbers(o, 1)) < 0 ||
		(code = libisofs.iso_write_opts_set_no_force_dots(o, 3)) < 0 ||
		(code = libisofs.iso_write_opts_set_sort_files(o, 1)) < 0 ||
		(code = libisofs.iso_write_opts_set_always_gmt(o, 1)) < 0 ||
		(code = libisofs.iso_write_opts_set_replace_timestamps(o, 2)) < 0 ||
		(code = libisofs.iso_write_opts_set_default_timestamp(o, time)) < 0 ||
		(code = libisofs.iso_write_opts_set_pvd_times(o, time, time, 0, 0, none)) < 0 ||
		(code = libisofs.iso_write_opts_set_tail_blocks(o, TAIL_BLOCKS)) < 0)
		return fault(volume, "libisofs", code);
	return 0;
}

/* Lays it out; libisofs' thread begins to write. */
static int begin(struct volume *volume)
{
	int code = libisofs.iso_image_new(volume->request->label, &volume->image);
	if (code < 0)
		return fault(volume, "libisofs", code);
	libisofs.iso_image_set_application_id(volume->image, "PEWTER");
	int rc = add_files(volume);
	if (rc == 0 && volume->filler_bytes > 0)
		rc = add_filler(volume);
	if (rc == 0)
		rc = add_boots(volume);
	if (rc == 0)
		rc = set_options(volume);
	if (rc < 0)
		return rc;
	code = libisofs.iso_image_create_burn_source(
		volume->image, volume->options, &volume->output);
	return code < 0 ? fault(volume, "libisofs", code) : 0;
}

static int read_output(struct volume *volume, struct buffer *out, uint64_t n)
{
	while (n > 0) {
		size_t step = n < STEP_BYTES ? (size_t)n : STEP_BYTES;
		int rc = buffer_reserve(out, step);
		if (rc < 0)
			return error_set(volume->err, rc, "out of memory");
		int got =
			volume->output->read_xt(volume->output, out->bytes + out->size, (int)step);
		if (got != (int)step)
			return error_set(volume->err, -EIO, "libisofs: it ended early");
		out->size += step;
		n -= step;
	}
	return 0;
}

static uint64_t whole_blocks(uint64_t n)
{
	return (n + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

/* Bytes before the largest file, which libisofs knows before it writes them. */
static int measure_head(struct volume *volume, uint64_t *ret_bytes)
{
	struct view *largest = volume->request->files[volume->largest].view;
	uint64_t behind = whole_blocks(view_size(largest)) + TAIL_BLOCKS * BLOCK_BYTES;
	off_t size = volume->output->get_size(volume->output);
	if (size < 0 || (uint64_t)size < behind)
		return error_set(
			volume->err, -EIO, "libisofs: the volume is shorter than its files");
	*ret_bytes = (uint64_t)size - behind;
	return 0;
}

/* Checks that nothing but the tail comes behind the largest file. */
static int write_head(struct volume *volume, uint64_t head_bytes, struct buffer *ret_head)
{
	struct view *largest = volume->request->files[volume->largest].view;
	int rc = read_output(volume, ret_head, head_bytes);
	if (rc < 0 || view_size(largest) == 0)
		return rc;
	CLEANUP(buffer_free) struct buffer first = buffer_with_max(2 * STEP_BYTES);
	rc = read_output(volume, &first, BLOCK_BYTES);
	if (rc < 0)
		return rc;
	size_t n = view_size(largest) < sizeof(placeholder) ? (size_t)view_size(largest)
							    : sizeof(placeholder);
	if (memcmp(first.bytes, placeholder, n) != 0)
		return error_set(volume->err, -EIO, "libisofs: the largest file is not the last");
	int fault_code = atomic_load(&volume->fault);
	return fault_code == 0 ? 0
			       : error_set(volume->err, fault_code,
					 "a file cannot be read, or became shorter meanwhile");
}

/* ---- the whole ---- */

static int compose(const struct buffer *head, struct view *largest, struct view **ret_view)
{
	CLEANUP(view_unrefp) struct view *view = NULL;
	uint64_t n = view_size(largest);
	int rc = view_new(&view);
	if (rc == 0)
		rc = view_add_copy(view, head->bytes, head->size);
	if (rc == 0)
		rc = view_add_view(view, largest, 0, n);
	if (rc == 0)
		rc = view_add_zeros(view, whole_blocks(n) - n + TAIL_BLOCKS * BLOCK_BYTES);
	if (rc == 0)
		*ret_view = TAKE(view);
	return rc;
}

/* Without a filler where one is needed only its size comes out. */
static int build(const struct isofs_request *request, size_t largest, size_t *filler_bytes,
	struct buffer *ret_head, struct error *err)
{
	uint64_t head_bytes = 0;
	CLEANUP(volume_clear)
	struct volume volume = {
		.request = request,
		.largest = largest,
		.filler_bytes = *filler_bytes,
		.err = err,
	};
	int rc = begin(&volume);
	if (rc == 0)
		rc = measure_head(&volume, &head_bytes);
	if (rc == 0 && *filler_bytes == 0 && head_bytes % ALIGN_BYTES != 0) {
		*filler_bytes = ALIGN_BYTES - head_bytes % ALIGN_BYTES;
		return 0;
	}
	return rc < 0 ? rc : write_head(&volume, head_bytes, ret_head);
}

static int check(const struct isofs_request *request, size_t *ret_largest, struct error *err)
{
	uint64_t total = 0;
	size_t largest = 0;
	if (request->n_files == 0)
		return error_set(err, -EINVAL, "a volume without files");
	for (size_t i = 0; i < request->n_files; i++) {
		total += view_size(request->files[i].view);
		if (view_size(request->files[i].view) > view_size(request->files[largest].view))
			largest = i;
	}
	uint64_t rest = total - view_size(request->files[largest].view);
	if (rest > LIMIT_ISO_HEAD_BYTES / 2)
		return error_set(err, -EFBIG,
			"all files but %s have %llu bytes together; at most %u are accepted",
			request->files[largest].path, (unsigned long long)rest,
			LIMIT_ISO_HEAD_BYTES / 2);
	*ret_largest = largest;
	return 0;
}

int isofs_build(const struct isofs_request *request, struct view **ret_view, struct error *err)
{
	char never[] = "NEVER", no_prefix[] = "";
	size_t largest = 0;
	int rc = check(request, &largest, err);
	if (rc == 0)
		rc = library_load(&libisofs_library, err);
	if (rc < 0)
		return rc;
	if (libisofs.iso_init() < 0)
		return error_set(err, -ENOMEM, "libisofs cannot be started");
	(void)libisofs.iso_set_msgs_severities(never, never, no_prefix);
	CLEANUP(buffer_free) struct buffer head = buffer_with_max(LIMIT_ISO_HEAD_BYTES);
	size_t filler_bytes = 0;
	rc = build(request, largest, &filler_bytes, &head, err);
	if (rc == 0 && filler_bytes > 0)
		rc = build(request, largest, &filler_bytes, &head, err);
	libisofs.iso_finish();
	if (rc == 0)
		rc = compose(&head, request->files[largest].view, ret_view);
	return rc == -ENOMEM ? error_set(err, rc, "out of memory") : rc;
}
