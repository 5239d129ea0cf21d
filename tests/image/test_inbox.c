/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images, captured here with wimlib, and what they are found to drive by themselves. */
#include "../unit.h"

#include "base/text.h"
#include "image/inbox.h"
#include "store/inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wimlib.h>

#define HEAD(class)                                                                                \
	"[Version]\r\nSignature=\"$Windows NT$\"\r\nClass=" class "\r\nProvider=Us\r\n"            \
								  "DriverVer=06/21/"               \
								  "2006,10.0.22621.1\r\n"
#define DRIVES(id, binary)                                                                         \
	"[Manufacturer]\r\nUs=M,NTamd64\r\n[M.NTamd64]\r\nD=I,PCI\\" id "\r\n[I]\r\n[I.Services]"  \
	"\r\nAddService=s,2,S\r\n[S]\r\nServiceBinary=%12%\\" binary "\r\n"

#define STORE "Windows/System32/DriverStore/FileRepository/"

/* Asserts success, with the words of err in the output. */
#define assert_ok(call)                                                                            \
	do {                                                                                       \
		int ok_rc = (call);                                                                \
		if (ok_rc != 0)                                                                    \
			fail_msg("%s = %d: %s", #call, ok_rc, err.text);                           \
	} while (0)

static struct error err;
static struct scratch *scratch;
static char directory[64];

static int start(void **state)
{
	(void)state;
	err = ERROR_NULL;
	(void)snprintf(directory, sizeof(directory), "/tmp/pewter-inbox-XXXXXX");
	assert_non_null(mkdtemp(directory));
	return scratch_open(directory, &scratch, &err);
}

static int stop(void **state)
{
	(void)state;
	scratch = scratch_close(scratch);
	scratch_remove(directory);
	return 0;
}

/* ---- images ---- */

static void write_file(const char *path, const void *bytes, size_t n)
{
	char whole[512];
	(void)snprintf(whole, sizeof(whole), "%s/tree/%s", directory, path);
	for (char *at = whole + strlen(directory) + 1; (at = strchr(at, '/')); at++) {
		*at = 0;
		(void)mkdir(whole, 0700);
		*at = '/';
	}
	FILE *file = fopen(whole, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static void write_text(const char *path, const char *text)
{
	write_file(path, text, strlen(text));
}

/* The tree, as an image; damage: a text in it whose first byte becomes another one. */
static void capture(const char *damage, char *path, size_t size)
{
	WIMStruct *wim;
	char tree[128];
	(void)snprintf(tree, sizeof(tree), "%s/tree", directory);
	(void)snprintf(path, size, "%s/base.wim", directory);
	(void)mkdir(tree, 0700);
	assert_int_equal(wimlib_create_new_wim(WIMLIB_COMPRESSION_TYPE_NONE, &wim), 0);
	assert_int_equal(wimlib_add_image(wim, tree, "base", NULL, 0), 0);
	assert_int_equal(wimlib_write(wim, path, WIMLIB_ALL_IMAGES, 0, 1), 0);
	wimlib_free(wim);
	if (damage == NULL)
		return;
	FILE *file = fopen(path, "r+b");
	struct stat status;
	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &status), 0);
	CLEANUP(memory_freep) char *bytes = malloc((size_t)status.st_size);
	assert_int_equal(fread(bytes, 1, (size_t)status.st_size, file), (size_t)status.st_size);
	char *at = memmem(bytes, (size_t)status.st_size, damage, strlen(damage));
	assert_non_null(at);
	assert_int_equal(fseek(file, at - bytes, SEEK_SET), 0);
	assert_int_equal(fputc(*at ^ 1, file), *at ^ 1);
	assert_int_equal(fclose(file), 0);
}

static void read_inbox(const char *damage, struct inbox *inbox)
{
	char path[128];
	struct target target;
	CLEANUP(wim_file_closep) struct wim_file *wim = NULL;
	capture(damage, path, sizeof(path));
	assert_ok(target_parse("10.0.22621/amd64", &target, &err));
	assert_ok(wim_file_open(path, &wim, &err));
	assert_ok(inbox_read(wim, &target, scratch, NULL, inbox, &err));
	/* Nothing is left of what was taken out. */
	assert_int_equal(rmdir(scratch_folder(scratch)), 0);
	assert_int_equal(mkdir(scratch_folder(scratch), 0700), 0);
}

static const struct driver_package *package_of(const struct inbox *inbox, const char *source)
{
	for (size_t i = 0; i < inbox->n_packages; i++)
		if (strcmp(inbox->packages[i].source, source) == 0)
			return &inbox->packages[i];
	fail_msg("nothing of %s", source);
	return NULL;
}

static void assert_counts(
	const struct inbox *inbox, size_t n_packages, size_t n_bare, size_t n_skipped)
{
	assert_int_equal(inbox->n_packages, n_packages);
	assert_int_equal(inbox->n_bare, n_bare);
	assert_int_equal(inbox->n_skipped, n_skipped);
}

/* ---- tests ---- */

static void what_counts_and_what_does_not(void **state)
{
	(void)state;
	CLEANUP(inbox_clear) struct inbox inbox = {.n_packages = 0};
	write_text("Windows/INF/net1.inf", HEAD("Net") DRIVES("VEN_8086&DEV_0001", "One.SYS"));
	write_text("Windows/INF/net1.PNF", "compiled");
	write_text("Windows/System32/drivers/one.sys", "MZ");
	/* Windows' own kind: where its files are is told by layout.inf. */
	write_text("Windows/INF/disk.inf",
		HEAD("HDC") "LayoutFile=layout.inf\r\n" DRIVES("VEN_8086&DEV_0002", "disk.sys"));
	write_text("Windows/System32/drivers/UMDF/disk.sys", "MZ");
	write_text("Windows/INF/bare.inf", HEAD("Net") DRIVES("VEN_8086&DEV_0003", "gone.sys"));
	/* Nobody's driver: ids without a service, or with that of another INF. */
	write_text("Windows/INF/null.inf",
		HEAD("System") "[Manufacturer]\r\nUs=M,NTamd64\r\n[M.NTamd64]\r\n"
			       "D=I,PCI\\CC_0500\r\n[I]\r\nInclude=machine.inf\r\nNeeds=NO_"
			       "DRV\r\n");
	write_text("Windows/INF/old.inf",
		HEAD("Net") "[Manufacturer]\r\nUs=M\r\n[M]\r\nD=I,PCI\\VEN_8086&DEV_0004\r\n[I]"
			    "\r\n");
	write_text("Windows/INF/layout.inf", "[Version]\r\nSignature=\"$Windows NT$\"\r\n");
	write_text("Windows/INF/empty.inf", "");
	write_file("Windows/INF/noise.inf", "\xff\xfe\x00\xd8[\x00[\x00\x00", 9);
	write_text("Windows/INF/endless.inf",
		HEAD("Net") "[Manufacturer]\r\nUs=M,NTamd64\r\n[M.NTamd64]\r\nD=I,PCI\\X\r\n[I]\r\n"
			    "[I.Services]\r\nNeeds=I.Services\r\n");
	read_inbox(NULL, &inbox);
	/* old.inf is for x86 only; layout.inf, noise.inf are none. */
	assert_counts(&inbox, 4, 1, 3);
	const struct driver_package *net = package_of(&inbox, "\\Windows\\INF\\net1.inf");
	assert_string_equal(net->inf, "net1.inf");
	assert_string_equal(net->class, "Net");
	assert_int_equal(net->signature, DRIVER_SIGNED);
	assert_int_equal(net->n_files + net->n_missing + net->n_warnings, 0);
	(void)package_of(&inbox, "\\Windows\\INF\\disk.inf");
	(void)package_of(&inbox, "\\Windows\\INF\\null.inf");
	assert_int_equal(inbox.nics.n, 1);
	assert_int_equal(inbox.nics.ids[0].device, 1);
}

static void the_driver_store_too(void **state)
{
	(void)state;
	CLEANUP(inbox_clear) struct inbox inbox = {.n_packages = 0};
	static const char added[] =
		HEAD("Net") "CatalogFile=e.cat\r\n" DRIVES("VEN_8086&DEV_0001", "e1d.sys");
	static const char unsigned_one[] = HEAD("Net") DRIVES("VEN_8086&DEV_0002", "u.sys");
	/* An added one: its name was another; its binary lies in its own folder only. */
	write_text("Windows/INF/oem3.inf", added);
	write_text(STORE "e1d68x64.inf_amd64_0123/e1d68x64.inf", added);
	write_text(STORE "e1d68x64.inf_amd64_0123/amd64/e1d.sys", "MZ");
	write_text("Windows/INF/oem4.inf", unsigned_one);
	write_text(STORE "u.inf_amd64_0123/u.inf", unsigned_one);
	write_text(STORE "u.inf_amd64_0123/u.sys", "MZ");
	/* One that \Windows\INF lacks; and one whose binary lies in another's folder. */
	write_text(STORE "only.inf_amd64_0123/only.inf",
		HEAD("HDC") DRIVES("VEN_8086&DEV_0003", "only.sys"));
	write_text(STORE "only.inf_amd64_0123/only.sys", "MZ");
	write_text(STORE "lone.inf_amd64_0123/lone.inf",
		HEAD("HDC") DRIVES("VEN_8086&DEV_0004", "only.sys"));
	/* Two versions: that of \Windows\INF is in force. */
	write_text("Windows/INF/two.inf", HEAD("Net") DRIVES("VEN_8086&DEV_0005", "two.sys"));
	write_text(STORE "two.inf_amd64_0123/two.inf",
		HEAD("Net") DRIVES("VEN_8086&DEV_0006", "two.sys"));
	write_text("Windows/System32/two.sys", "MZ");
	read_inbox(NULL, &inbox);
	assert_counts(&inbox, 4, 1, 0);
	const struct driver_package *one = package_of(&inbox, "\\Windows\\INF\\oem3.inf");
	assert_string_equal(one->inf, "e1d68x64.inf");
	assert_int_equal(one->signature, DRIVER_SIGNED);
	assert_int_equal(
		package_of(&inbox, "\\Windows\\INF\\oem4.inf")->signature, DRIVER_UNSIGNED);
	assert_int_equal(package_of(&inbox, "\\Windows\\INF\\two.inf")->n_models, 1);
	one = package_of(&inbox, "\\Windows\\System32\\DriverStore\\FileRepository\\only.inf_"
				 "amd64_0123\\only.inf");
	assert_string_equal(one->inf, "only.inf");
	assert_int_equal(inbox.nics.n, 3);
}

static void some_of_its_binaries(void **state)
{
	(void)state;
	CLEANUP(inbox_clear) struct inbox inbox = {.n_packages = 0};
	write_text("Windows/INF/two.inf",
		HEAD("Net") "[Manufacturer]\r\nUs=M,NTamd64\r\n[M.NTamd64]\r\n"
			    "D=A,PCI\\VEN_8086&DEV_0001\r\nD=B,PCI\\VEN_8086&DEV_0002\r\n[A]\r\n[B]"
			    "\r\n[A.Services]\r\nAddService=a,2,AS\r\n[AS]\r\nServiceBinary=%12%"
			    "\\a.sys"
			    "\r\n[B.Services]\r\nAddService=b,2,BS\r\n[BS]\r\nServiceBinary=%12%"
			    "\\b.sys"
			    "\r\n");
	write_text("Windows/System32/drivers/a.sys", "MZ");
	read_inbox(NULL, &inbox);
	assert_counts(&inbox, 1, 0, 0);
	assert_int_equal(inbox.packages[0].n_installs, 2);
	assert_int_equal(inbox.packages[0].installs[0].n_missing, 0);
	assert_string_equal(inbox.packages[0].installs[1].missing[0], "b.sys");
	assert_int_equal(inbox.nics.n, 1);
	assert_int_equal(inbox.nics.ids[0].device, 1);
}

static void names_in_any_case(void **state)
{
	(void)state;
	CLEANUP(inbox_clear) struct inbox inbox = {.n_packages = 0};
	write_text("windows/inf/NET1.INF", HEAD("Net") DRIVES("VEN_8086&DEV_0001", "one.sys"));
	write_text("windows/SYSTEM32/Drivers/ONE.SYS", "MZ");
	write_text("windows/SYSTEM32/driverstore/filerepository/b.inf_amd64_1/b.inf",
		HEAD("Net") DRIVES("VEN_8086&DEV_0002", "B.sys"));
	write_text("windows/SYSTEM32/driverstore/filerepository/b.inf_amd64_1/b.sys", "MZ");
	read_inbox(NULL, &inbox);
	assert_counts(&inbox, 2, 0, 0);
	(void)package_of(&inbox, "\\windows\\inf\\NET1.INF");
}

static void an_image_without_any(void **state)
{
	(void)state;
	CLEANUP(inbox_clear) struct inbox inbox = {.n_packages = 0};
	write_text("Windows/INF.txt", "no folder");
	write_text("Windows/System32/winpeshl.exe", "MZ");
	read_inbox(NULL, &inbox);
	assert_counts(&inbox, 0, 0, 0);
	assert_int_equal(inbox.nics.n, 0);
}

/* Links, folders of the name of a file, and what is damaged: none of it stops the others. */
static void hostile_images(void **state)
{
	(void)state;
	CLEANUP(inbox_clear) struct inbox inbox = {.n_packages = 0};
	char link[256];
	write_text("Windows/INF/good.inf", HEAD("Net") DRIVES("VEN_8086&DEV_0001", "one.sys"));
	write_text("Windows/INF/hurt.inf", HEAD("Net") "; here it hurts\r\n");
	write_text("Windows/INF/folder.inf/x.inf", "x");
	write_text("Windows/System32/drivers/one.sys", "MZ");
	(void)snprintf(link, sizeof(link), "%s/tree/Windows/INF/link.inf", directory);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	read_inbox("here it hurts", &inbox);
	assert_counts(&inbox, 1, 0, 1);
	(void)package_of(&inbox, "\\Windows\\INF\\good.inf");
}

/* The same bytes at two places, in two images of two bases, are four packages; and an image that
 * cannot be added leaves none. */
static void into_the_store(void **state)
{
	(void)state;
	char path[128];
	struct store *store;
	struct inbox_count count;
	struct image_record record = {.arch = "amd64", .boot_index = 1};
	struct nic_set nics;
	write_text("Windows/INF/a.inf", HEAD("Net") DRIVES("VEN_8086&DEV_0001", "one.sys"));
	write_text("Windows/INF/b.inf", HEAD("Net") DRIVES("VEN_8086&DEV_0001", "one.sys"));
	write_text("Windows/System32/drivers/one.sys", "MZ");
	(void)snprintf(path, sizeof(path), "%s/state", directory);
	assert_ok(store_open(path, STORE_CREATE, &store, &err));
	static const struct {
		const char *name, *content;
		int rc;
	} cases[] = {{"one", "first", 0}, {"two", "second", 0}, {"two", "third", -EEXIST}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(inbox_clear) struct inbox inbox = {.n_packages = 0};
		read_inbox(NULL, &inbox);
		(void)text_copy(record.name, sizeof(record.name), cases[i].name);
		assert_ok(store_blob_add_bytes(
			store, cases[i].content, strlen(cases[i].content), &record.base, &err));
		assert_int_equal(inbox_keep(store, &record, false, &inbox, &err), cases[i].rc);
		assert_ok(store_inbox_count(store, record.base.sha256, &count, &err));
		assert_int_equal(count.n, cases[i].rc == 0 ? 2 : 0);
	}
	assert_ok(store_image_inbox_nics_get(store, "two", &nics, &err));
	assert_int_equal(nics.n, 1);
	nic_set_clear(&nics);
	/* Nobody knows what this one drives. */
	(void)text_copy(record.name, sizeof(record.name), "three");
	assert_ok(inbox_keep(store, &record, false, NULL, &err));
	assert_int_equal(store_image_inbox_nics_get(store, "three", &nics, &err), -ENODATA);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_counts_and_what_does_not, start, stop),
		cmocka_unit_test_setup_teardown(the_driver_store_too, start, stop),
		cmocka_unit_test_setup_teardown(some_of_its_binaries, start, stop),
		cmocka_unit_test_setup_teardown(names_in_any_case, start, stop),
		cmocka_unit_test_setup_teardown(an_image_without_any, start, stop),
		cmocka_unit_test_setup_teardown(hostile_images, start, stop),
		cmocka_unit_test_setup_teardown(into_the_store, start, stop),
	};
	/* As the adapter does; whoever comes first decides. */
	if (wimlib_global_init(
		    WIMLIB_INIT_FLAG_ASSUME_UTF8 | WIMLIB_INIT_FLAG_DEFAULT_CASE_INSENSITIVE) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
