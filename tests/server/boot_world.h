/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boots, guide and files together, over a store of their own, and what a machine does with them.
 * Include after unit.h. */
#pragma once

#include "../store/revision_samples.h"
#include "../store/scratch.h"
#include "base/log.h"
#include "server/clock.h"
#include "server/files.h"

#define CLIENT  0x0a4d0064
#define SERVER  0x0a4d0001
#define SECOND  1000
#define WIM     "the whole image"
#define LOADERS 2

/* The files read the real clock; what the tests say of time starts there. */
static int64_t begin_ms;
static const uint8_t mac_one[6] = {0x52, 0x54, 0, 0, 0, 1};

struct fixture {
	struct error err;
	struct config config;
	struct store *store;
	struct boots *boots;
	struct guide guide;
	struct view_cache *cache;
	struct files *files;
	struct dhcp_guide dhcp;
	struct dhcp_message message;
};

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct error err = ERROR_NULL;
	struct image_record record;
	struct image_file files[LOADERS];
	bool changed;
	begin_ms = clock_now_ms();
	assert_non_null(f);
	assert_ok(config_parse("", 0, "none", &f->config, &err));
	assert_ok(store_open(scratch_make(), STORE_CREATE, &f->store, &err));
	assert_ok(scratch_image(f->store, "sample", WIM, files, &record, &err));
	(void)snprintf(files[0].name, sizeof(files[0].name), "bootx64.efi");
	(void)snprintf(files[1].name, sizeof(files[1].name), "wgl4_boot.ttf");
	assert_ok(store_image_add(f->store, &record, false, &err));
	assert_ok(boots_new(f->store, &f->boots));
	assert_ok(view_cache_new(f->store, &f->cache));
	f->guide = (struct guide){.store = f->store, .boots = f->boots, .http_port = 80};
	assert_ok(guide_reload(&f->guide, true, &changed, &err));
	struct files_config config = {.guide = &f->guide, .cache = f->cache, .config = &f->config};
	assert_ok(files_new(&config, &f->files));
	f->dhcp = guide_for_dhcp(&f->guide);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;
	(void)files_free(f->files);
	guide_clear(&f->guide);
	(void)view_cache_free(f->cache);
	(void)boots_free(f->boots);
	(void)store_close(f->store);
	config_clear(&f->config);
	scratch_remove();
	free(f);
	return 0;
}

/* ---- what a machine does ---- */

static inline const struct pxe_offer *discover(
	struct fixture *f, const uint8_t mac[static 6], int64_t now_ms, bool is_ipxe)
{
	struct dhcp_exchange exchange = {.kind = DHCP_SERVER_DISCOVER,
		.client = {.vendor = PXE_VENDOR_PXE, .arch = PXE_ARCH_EFI_X64, .is_ipxe = is_ipxe}};
	struct dhcp_arrival arrival = {.local = SERVER, .local_port = 67, .now_ms = now_ms};
	memcpy(exchange.mac, mac, 6);
	return f->dhcp.decide(f->dhcp.context, &exchange, &f->message, &arrival);
}

static inline int ask(struct fixture *f, enum file_transport transport, const char *path,
	uint32_t peer, struct file_answer *ret_answer)
{
	const struct file_source *source = files_source(f->files);
	struct file_request request = {.transport = transport,
		.path = path,
		.path_length = strlen(path),
		.peer = peer,
		.local = SERVER};
	*ret_answer = (struct file_answer){.view = NULL};
	return source->open(source->context, &request, ret_answer);
}

static inline void end(struct fixture *f, struct file_answer *answer, enum file_end how)
{
	const struct file_source *source = files_source(f->files);
	struct file_outcome outcome = {
		.end = how, .bytes = how == FILE_END_DONE ? view_size(answer->view) : 0};
	source->ended(source->context, answer->transfer, &outcome);
	answer->view = view_unref(answer->view);
}

static inline void fetch(struct fixture *f, const char *path, uint32_t peer)
{
	struct file_answer answer;
	assert_int_equal(ask(f, FILE_TFTP, path, peer, &answer), 0);
	assert_int_not_equal(answer.transfer, 0);
	end(f, &answer, FILE_END_DONE);
}

static inline int ask_once(struct fixture *f, const char *path, uint32_t peer)
{
	struct file_answer answer;
	int rc = ask(f, FILE_TFTP, path, peer, &answer);
	if (rc == 0 && answer.transfer != 0)
		end(f, &answer, FILE_END_PROBE);
	else
		(void)view_unref(answer.view);
	return rc;
}

static inline void in_boot(struct fixture *f, const char *name, char path[static LIMIT_PATH_BYTES])
{
	const struct boot *boot = boots_by_mac(f->boots, mac_one);
	assert_non_null(boot);
	tree_path(boot->record.id, name, '\\', path);
}

/* ---- what became of it ---- */

/* The kinds of a boot's events as the store has them: "discover decision ". */
static inline void kinds_of(struct fixture *f, const char *id, char *out, size_t size)
{
	struct error err = ERROR_NULL;
	struct boot_event *events = NULL;
	size_t n = 0;
	boots_flush(f->boots, 0);
	assert_ok(store_boot_events(f->store, id, 0, &events, &n, &err));
	out[0] = 0;
	for (size_t i = 0; i < n; i++) {
		size_t used = strlen(out);
		(void)snprintf(out + used, size - used, "%s ", events[i].kind);
	}
	(void)boot_events_free(events, n);
}

static inline void add_revision(struct fixture *f, unsigned first, unsigned n)
{
	struct error err = ERROR_NULL;
	struct revision_record record;
	struct store *other;
	/* As another process does it. */
	assert_ok(store_open(scratch_directory, STORE_CREATE, &other, &err));
	assert_ok(sample_revision(f->store, "sample", first, n, &record, &err));
	assert_ok(store_revision_add(other, &record, record.revision - 1, &err));
	revision_record_clear(&record);
	store_close(other);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
