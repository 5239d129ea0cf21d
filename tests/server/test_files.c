/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boots, guide and files together, over a store of their own: what a machine gets, and what is
 * written about it. */
#include "../unit.h"

#include "../store/revision_samples.h"
#include "../store/scratch.h"
#include "base/text.h"
#include "server/clock.h"
#include "server/files.h"

#include <dirent.h>
#include <errno.h>
#include <sys/resource.h>

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

static int setup(void **state)
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

static int teardown(void **state)
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

static const struct pxe_offer *discover(
	struct fixture *f, const uint8_t mac[static 6], int64_t now_ms, bool is_ipxe)
{
	struct dhcp_exchange exchange = {.kind = DHCP_SERVER_DISCOVER,
		.client = {.vendor = PXE_VENDOR_PXE, .arch = PXE_ARCH_EFI_X64, .is_ipxe = is_ipxe}};
	struct dhcp_arrival arrival = {.local = SERVER, .local_port = 67, .now_ms = now_ms};
	memcpy(exchange.mac, mac, 6);
	return f->dhcp.decide(f->dhcp.context, &exchange, &f->message, &arrival);
}

static int ask(struct fixture *f, enum file_transport transport, const char *path, uint32_t peer,
	struct file_answer *ret_answer)
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

static void end(struct fixture *f, struct file_answer *answer, enum file_end how)
{
	const struct file_source *source = files_source(f->files);
	struct file_outcome outcome = {
		.end = how, .bytes = how == FILE_END_DONE ? view_size(answer->view) : 0};
	source->ended(source->context, answer->transfer, &outcome);
	answer->view = view_unref(answer->view);
}

static void fetch(struct fixture *f, const char *path, uint32_t peer)
{
	struct file_answer answer;
	assert_int_equal(ask(f, FILE_TFTP, path, peer, &answer), 0);
	assert_int_not_equal(answer.transfer, 0);
	end(f, &answer, FILE_END_DONE);
}

static int ask_once(struct fixture *f, const char *path, uint32_t peer)
{
	struct file_answer answer;
	int rc = ask(f, FILE_TFTP, path, peer, &answer);
	if (rc == 0 && answer.transfer != 0)
		end(f, &answer, FILE_END_PROBE);
	else
		(void)view_unref(answer.view);
	return rc;
}

static void in_boot(struct fixture *f, const char *name, char path[static LIMIT_PATH_BYTES])
{
	const struct boot *boot = boots_by_mac(f->boots, mac_one);
	assert_non_null(boot);
	tree_path(boot->record.id, name, '\\', path);
}

/* The kinds of a boot's events as the store has them: "discover decision ". */
static void kinds_of(struct fixture *f, const char *id, char *out, size_t size)
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

/* ---- tests ---- */

static void a_boot_from_discover_to_verdict(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	char path[LIMIT_PATH_BYTES], kinds[400];
	int64_t now_ms = begin_ms;
	const struct pxe_offer *offer = discover(f, mac_one, now_ms, false);
	assert_non_null(offer);
	struct boot *boot = boots_by_mac(f->boots, mac_one);
	assert_non_null(strstr(offer->file, boot->record.id));
	assert_ptr_equal(boots_by_id(f->boots, boot->record.id), boot);
	boots_set_address(f->boots, boot, CLIENT);

	in_boot(f, "bootx64.efi", path);
	assert_int_equal(ask_once(f, path, CLIENT), 0);
	assert_false(boot->facts.loaded_file); /* asked for its size only */
	fetch(f, path, CLIENT);
	assert_true(boot->facts.loaded_file);
	assert_int_equal(ask_once(f, "\\BCD", CLIENT), -ENOENT);
	fetch(f, "\\Boot\\BCD", CLIENT);
	fetch(f, "\\boot\\FONTS\\wgl4_boot.ttf", CLIENT);
	in_boot(f, "boot.sdi", path);
	fetch(f, path, CLIENT);
	in_boot(f, "boot.wim", path);
	assert_false(boot->facts.image_delivered);
	fetch(f, path, CLIENT);
	assert_true(boot->facts.image_delivered);
	in_boot(f, "report?verdict=booted&detail=fine", path);
	assert_int_equal(ask_once(f, path, CLIENT), 0);

	kinds_of(f, boot->record.id, kinds, sizeof(kinds));
	assert_string_equal(kinds, "discover decision file done file done absent file done file "
				   "done file done file done report verdict ");
	struct boot_record record;
	assert_ok(store_boot_get(f->store, boot->record.id, &record, &err));
	assert_string_equal(record.verdict, "booted");
	assert_string_equal(record.image, "sample");
	assert_int_equal(record.address, CLIENT);
}

static void repeats_stay_and_a_new_start_begins(void **state)
{
	struct fixture *f = *state;
	int64_t now_ms = begin_ms;
	char id[BOOT_ID_BYTES], path[LIMIT_PATH_BYTES], kinds[200];
	(void)discover(f, mac_one, now_ms, false);
	memcpy(id, boots_by_mac(f->boots, mac_one)->record.id, sizeof(id));
	(void)discover(f, mac_one, now_ms + 4 * SECOND, false);
	(void)discover(f, mac_one, now_ms + 12 * SECOND, false);
	assert_string_equal(boots_by_mac(f->boots, mac_one)->record.id, id);
	/* the decision is told once */
	kinds_of(f, id, kinds, sizeof(kinds));
	assert_string_equal(kinds, "discover decision discover discover ");

	in_boot(f, "bootx64.efi", path);
	fetch(f, path, CLIENT);
	(void)discover(f, mac_one, now_ms + 20 * SECOND, false);
	assert_string_not_equal(boots_by_mac(f->boots, mac_one)->record.id, id);
	assert_non_null(boots_by_id(f->boots, id)); /* the old one still has its files */
	assert_int_equal(boots_count(f->boots), 2);
}

static void one_image_is_one_open_file(void **state)
{
	struct fixture *f = *state;
	struct file_answer one, two;
	assert_int_equal(ask(f, FILE_TFTP, "bootx64.efi", CLIENT, &one), 0);
	assert_int_equal(ask(f, FILE_HTTP, "/EFI/Boot/bootx64.efi", CLIENT + 1, &two), 0);
	assert_ptr_equal(one.view, two.view);
	assert_string_equal(two.content_type, "application/efi");
	assert_int_not_equal(one.transfer, two.transfer);
	end(f, &one, FILE_END_ABORTED);
	end(f, &two, FILE_END_DONE);
	assert_int_equal(files_counters(f->files)->n_delivered, 1);
}

static void an_unknown_address_is_decided_about(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(ask_once(f, "\\Boot\\BCD", CLIENT), 0);
	struct boot *boot = boots_by_address(f->boots, CLIENT);
	assert_non_null(boot);
	assert_string_equal(boot->record.client, "10.77.0.100");
	/* it goes on as the same boot */
	assert_int_equal(ask_once(f, "\\sources\\boot.wim", CLIENT), 0);
	assert_int_equal(boots_count(f->boots), 1);
}

static void what_is_not_there_begins_nothing(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *path;
		int rc;
	} cases[] = {
		{"/etc/passwd", -ENOENT},
		{"\\EFI\\Microsoft\\Boot\\SiPolicy.p7b", -ENOENT},
		{"/b/aaaaaaaaaaaa/boot.wim", -ENOENT},
		{"/b/aaaaaaaaaaaa/report?verdict=booted", -ENOENT},
		{"/report?verdict=booted", -ENOENT},
		{"../pewter.db", -EINVAL},
		{"b/../../x", -EINVAL},
		{"", -EINVAL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(ask_once(f, cases[i].path, CLIENT), cases[i].rc);
	assert_int_equal(boots_count(f->boots), 0);
}

static void held_machines_get_no_files(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct client_record client;
	f->guide.policy.unknown = BOOT_UNKNOWN_HOLD;
	assert_null(discover(f, mac_one, begin_ms, false));
	struct boot *boot = boots_by_mac(f->boots, mac_one);
	assert_int_equal(boot->facts.verdict, BOOT_VERDICT_HELD);
	boots_set_address(f->boots, boot, CLIENT);
	assert_int_equal(ask_once(f, "bootx64.efi", CLIENT), -EACCES);
	assert_int_equal(ask_once(f, "bootx64.efi", CLIENT + 1), -EACCES);

	assert_ok(store_client_find(f->store, mac_one, NULL, &client, &err));
	assert_string_equal(client.state, "held");
	(void)snprintf(client.state, sizeof(client.state), "approved");
	assert_ok(store_client_put(f->store, &client, &err));
	assert_non_null(discover(f, mac_one, begin_ms + 10 * SECOND, false));
	assert_ptr_equal(boots_by_mac(f->boots, mac_one), boot);
	assert_int_equal(boot->facts.verdict, BOOT_VERDICT_RUNNING);
	assert_int_equal(ask_once(f, "bootx64.efi", CLIENT), 0);
}

static void windows_on_the_network_is_noticed_once(void **state)
{
	struct fixture *f = *state;
	char path[LIMIT_PATH_BYTES], kinds[200];
	int64_t now_ms = begin_ms;
	struct dhcp_exchange exchange = {.kind = DHCP_SERVER_DISCOVER};
	struct dhcp_arrival arrival = {.local = SERVER, .local_port = 67, .now_ms = now_ms};
	(void)discover(f, mac_one, now_ms, false);
	struct boot *boot = boots_by_mac(f->boots, mac_one);
	memcpy(exchange.mac, mac_one, 6);
	f->message = (struct dhcp_message){.op = DHCP_OP_REQUEST, .type = DHCP_DISCOVER};
	f->dhcp.heard(f->dhcp.context, &exchange, &f->message, &arrival);
	in_boot(f, "boot.wim", path);
	fetch(f, path, CLIENT);
	f->dhcp.heard(f->dhcp.context, &exchange, &f->message, &arrival);
	f->dhcp.heard(f->dhcp.context, &exchange, &f->message, &arrival);
	kinds_of(f, boot->record.id, kinds, sizeof(kinds));
	assert_string_equal(kinds, "discover decision file done network ");
}

static void strangers_are_bounded(void **state)
{
	struct fixture *f = *state;
	int64_t now_ms = begin_ms;
	for (uint32_t i = 0; i < 5000; i++) {
		uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};
		(void)discover(f, mac, now_ms + i / 10, false);
	}
	assert_true(boots_count(f->boots) < 1000);
	assert_true(f->guide.counters.n_overflow > 4000);

	/* One machine that never stops asking fills no timeline without end. */
	(void)discover(f, mac_one, now_ms + 100 * SECOND, false);
	struct boot *boot = boots_by_mac(f->boots, mac_one);
	assert_non_null(boot);
	boots_set_address(f->boots, boot, CLIENT);
	for (int i = 0; i < 3000; i++)
		(void)ask_once(f, "nothing/here", CLIENT);
	struct error err = ERROR_NULL;
	struct boot_event *events = NULL;
	size_t n = 0;
	boots_verdict(f->boots, boot, now_ms, BOOT_VERDICT_FAILED, "it was enough");
	boots_flush(f->boots, now_ms);
	assert_ok(store_boot_events(f->store, boot->record.id, 0, &events, &n, &err));
	assert_true(n > 100 && n <= LIMIT_BOOT_EVENTS);
	assert_string_equal(events[n - 1].kind, "verdict");
	(void)boot_events_free(events, n);
}

/* A flood pushes an old boot out of the store; what is told of it later must not take the others'
 * timelines with it. */
static void a_boot_that_the_store_forgot_harms_no_other(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct boot_record record = {.started_ms = begin_ms + 1, .verdict = "stalled"};
	static const uint8_t mac_two[6] = {0x52, 0x54, 0, 0, 0, 2};
	char kinds[200];
	(void)discover(f, mac_one, begin_ms, false);
	boots_flush(f->boots, begin_ms);
	assert_ok(store_begin(f->store, &err));
	for (int i = 0; i < LIMIT_BOOTS_KEPT; i++) {
		(void)snprintf(record.id, sizeof(record.id), "%d", i);
		assert_ok(store_boot_put(f->store, &record, &err));
	}
	assert_ok(store_commit(f->store, &err));
	assert_int_equal(
		store_boot_get(f->store, boots_by_mac(f->boots, mac_one)->record.id, &record, &err),
		-ENOENT);

	(void)discover(f, mac_one, begin_ms + SECOND, false);
	(void)discover(f, mac_two, begin_ms + SECOND, false);
	kinds_of(f, boots_by_mac(f->boots, mac_two)->record.id, kinds, sizeof(kinds));
	assert_string_equal(kinds, "discover decision ");
}

/* When the live boots are full, a new one makes room in the middle of a batch of leases. */
static void events_join_a_transaction_under_way(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct lease_record *leases = NULL,
			    lease = {.address = CLIENT, .client_id_size = 1, .state = "bound"};
	char kinds[200];
	size_t n = 0;
	(void)discover(f, mac_one, begin_ms, false);
	assert_ok(store_begin(f->store, &err));
	assert_ok(store_lease_put(f->store, &lease, &err));
	boots_flush(f->boots, begin_ms);
	assert_ok(store_commit(f->store, &err));
	kinds_of(f, boots_by_mac(f->boots, mac_one)->record.id, kinds, sizeof(kinds));
	assert_string_equal(kinds, "discover decision ");
	assert_ok(store_lease_list(f->store, &leases, &n, &err));
	assert_int_equal(n, 1);
	free(leases);
}

/* However many strangers ask for one: the memory stays bounded, and whose BCD was dropped gets the
 * same bytes again. */
static void bcds_in_memory_have_a_limit(void **state)
{
	struct fixture *f = *state;
	struct file_answer answer;
	char path[LIMIT_PATH_BYTES], first_path[LIMIT_PATH_BYTES];
	uint8_t first[20000], again[20000];
	size_t n_first = 0;
	for (int i = 0; i < LIMIT_BOOTS_MADE + 10; i++) {
		const uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};
		(void)discover(f, mac, begin_ms + i * 100, false);
		tree_path(boots_by_mac(f->boots, mac)->record.id, "BCD", '\\', path);
		assert_int_equal(ask(f, FILE_TFTP, path, CLIENT, &answer), 0);
		if (i == 0) {
			(void)text_copy(first_path, sizeof(first_path), path);
			n_first = (size_t)view_size(answer.view);
			assert_true(n_first > 0 && n_first <= sizeof(first));
			assert_int_equal(view_read(answer.view, 0, first, n_first), 0);
		}
		end(f, &answer, FILE_END_DONE);
		assert_true(boots_n_made(f->boots) <= LIMIT_BOOTS_MADE);
	}
	assert_int_equal(ask(f, FILE_TFTP, first_path, CLIENT, &answer), 0);
	assert_int_equal(view_size(answer.view), n_first);
	assert_int_equal(view_read(answer.view, 0, again, n_first), 0);
	assert_memory_equal(first, again, n_first);
	end(f, &answer, FILE_END_DONE);
}

static void unfinished_boots_are_taken_up(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	char path[LIMIT_PATH_BYTES];
	int64_t now_ms = begin_ms;
	(void)discover(f, mac_one, now_ms, false);
	boots_set_address(f->boots, boots_by_mac(f->boots, mac_one), CLIENT);
	in_boot(f, "boot.wim", path);
	f->boots = boots_free(f->boots);
	assert_ok(boots_new(f->store, &f->boots));
	f->guide.boots = f->boots;
	assert_ok(boots_load(f->boots, now_ms + 10 * SECOND, &err));
	assert_int_equal(ask_once(f, path, CLIENT), 0);
	assert_int_equal(ask_once(f, "\\Boot\\BCD", CLIENT), 0);
	assert_int_equal(boots_count(f->boots), 1);
}

static void silence_ends_boots_and_forgets_them(void **state)
{
	struct fixture *f = *state;
	int64_t now_ms = begin_ms;
	(void)discover(f, mac_one, now_ms, false);
	boots_tick(f->boots, now_ms + BOOT_SILENCE_MS);
	struct boot *boot = boots_by_mac(f->boots, mac_one);
	assert_int_equal(boot->facts.verdict, BOOT_VERDICT_RUNNING);
	boots_tick(f->boots, now_ms + BOOT_SILENCE_MS + 1);
	assert_int_equal(boot->facts.verdict, BOOT_VERDICT_STALLED);
	boots_flush(f->boots, now_ms);
	boots_tick(f->boots, now_ms + BOOT_FORGET_MS + 1);
	assert_int_equal(boots_count(f->boots), 0);
}

static void an_image_that_goes_is_no_crash(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	bool changed;
	char path[LIMIT_PATH_BYTES];
	(void)discover(f, mac_one, begin_ms, false);
	in_boot(f, "boot.wim", path);
	assert_ok(store_image_remove(f->store, "sample", &err));
	assert_ok(guide_reload(&f->guide, true, &changed, &err));
	assert_int_equal(ask_once(f, path, CLIENT), -ENOENT);
	assert_null(discover(f, mac_one, begin_ms + SECOND, false));
}

/* ---- revisions ---- */

static void add_revision(struct fixture *f, unsigned first, unsigned n)
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

/* What a client gets at the path, as text. */
static void read_wim(
	struct fixture *f, enum file_transport transport, const char *path, char text[static 400])
{
	struct file_answer answer;
	assert_int_equal(ask(f, transport, path, CLIENT, &answer), 0);
	memset(text, 0, 400);
	assert_true(view_size(answer.view) < 400);
	assert_int_equal(view_read(answer.view, 0, text, (size_t)view_size(answer.view)), 0);
	end(f, &answer, FILE_END_DONE);
}

static void a_boot_gets_the_revision_that_was_decided(void **state)
{
	struct fixture *f = *state;
	char path[LIMIT_PATH_BYTES], second[LIMIT_PATH_BYTES], text[400];
	const char *layered = "layer of sample@2 with 2 packages from 1he whole image"
			      "resources of package 1resources of package 2";
	(void)discover(f, mac_one, begin_ms, false);
	assert_int_equal(boots_by_mac(f->boots, mac_one)->record.revision, 1);
	in_boot(f, "boot.wim", path);

	/* News are looked for with each decision, and a boot under way keeps what it began with. */
	add_revision(f, 1, 2);
	static const uint8_t mac_two[6] = {0x52, 0x54, 0, 0, 0, 2};
	(void)discover(f, mac_two, begin_ms + SECOND, false);
	const struct boot *boot = boots_by_mac(f->boots, mac_two);
	assert_int_equal(boot->record.revision, 2);
	tree_path(boot->record.id, "boot.wim", '/', second);
	read_wim(f, FILE_TFTP, path, text);
	assert_string_equal(text, WIM);
	read_wim(f, FILE_TFTP, second, text);
	assert_string_equal(text, layered);
	read_wim(f, FILE_HTTP, second, text);
	assert_string_equal(text, layered);

	/* A transfer under way reads what it began to read, whatever becomes of its revision. */
	struct error err = ERROR_NULL;
	struct file_answer answer;
	bool changed;
	size_t n;
	assert_int_equal(ask(f, FILE_TFTP, second, CLIENT, &answer), 0);
	assert_ok(store_image_remove(f->store, "sample", &err));
	assert_ok(store_blob_sweep(f->store, &n, &err));
	assert_true(n > 0);
	assert_ok(guide_reload(&f->guide, true, &changed, &err));
	view_cache_refresh(f->cache);
	assert_int_equal(view_cache_count(f->cache), 0);
	memset(text, 0, sizeof(text));
	assert_int_equal(view_read(answer.view, 0, text, (size_t)view_size(answer.view)), 0);
	assert_string_equal(text, layered);
	end(f, &answer, FILE_END_DONE);
}

static size_t count_descriptors(void)
{
	size_t n = 0;
	DIR *folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	while (readdir(folder) != NULL)
		n++;
	(void)closedir(folder);
	return n;
}

static void revisions_share_descriptors(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct image_record image;
	struct view *views[20], *view;
	for (unsigned i = 0; i < 20; i++)
		add_revision(f, 1, i + 10);
	assert_ok(store_image_get(f->store, "sample", &image, &err));
	size_t before = count_descriptors();
	for (uint32_t i = 0; i < 20; i++)
		assert_ok(view_cache_revision(f->cache, &image, i + 2, &views[i], &err));
	/* One for the base, one for each layer, one for each of 29 packages. */
	assert_int_equal(count_descriptors() - before, 1 + 20 + 29);
	assert_ok(view_cache_revision(f->cache, &image, 0, &view, &err));
	assert_ptr_equal(view, views[19]);
	view_unref(view);
	/* News close nothing that is still there. */
	view_cache_refresh(f->cache);
	assert_int_equal(view_cache_count(f->cache), 1 + 20 + 29);
	assert_ok(view_cache_revision(f->cache, &image, 21, &view, &err));
	assert_int_equal(count_descriptors() - before, 1 + 20 + 29);
	view_unref(view);
	for (size_t i = 0; i < 20; i++)
		views[i] = view_unref(views[i]);
	image_record_clear(&image);
}

/* What is cached and unused makes room; what does not fit at all is an error. */
static void descriptors_run_out(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct image_record image;
	struct rlimit limit, small;
	struct view *view;
	add_revision(f, 1, 20);
	add_revision(f, 101, 20);
	assert_ok(store_image_get(f->store, "sample", &image, &err));
	assert_ok(view_cache_revision(f->cache, &image, 2, &view, &err));
	view_unref(view);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	int free_fd = dup(0); /* the lowest that is free */
	assert_true(free_fd >= 0);
	assert_int_equal(close(free_fd), 0);
	small = (struct rlimit){(rlim_t)free_fd + 4, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
	int rc = view_cache_revision(f->cache, &image, 3, &view, &err);
	if (rc == 0)
		view_unref(view);
	small.rlim_cur = 10;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
	int without = view_cache_revision(f->cache, &image, 2, &view, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(rc, 0);
	assert_int_equal(without, -EMFILE);
	assert_ok(view_cache_revision(f->cache, &image, 2, &view, &err));
	view_unref(view);
	image_record_clear(&image);
}

static void a_blob_that_is_gone_is_an_error_with_its_place(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_NULL;
	struct image_record image;
	struct revision_record record;
	struct view *view;
	char path[LIMIT_PATH_BYTES], blob[256];
	add_revision(f, 1, 3);
	assert_ok(store_revision_get(f->store, "sample", 0, &record, &err));
	const char *hash = record.blobs[2].sha256;
	(void)snprintf(blob, sizeof(blob), "%s/blobs/%.2s/%s", scratch_directory, hash, hash);
	assert_int_equal(unlink(blob), 0);
	revision_record_clear(&record);

	(void)discover(f, mac_one, begin_ms, false);
	in_boot(f, "boot.wim", path);
	uint64_t n_failed = files_counters(f->files)->n_failed;
	assert_int_equal(ask_once(f, path, CLIENT), -EIO);
	assert_int_equal(files_counters(f->files)->n_failed, n_failed + 1);
	assert_ok(store_image_get(f->store, "sample", &image, &err));
	assert_int_equal(view_cache_revision(f->cache, &image, 2, &view, &err), -EIO);
	assert_non_null(strstr(err.text, blob));
	/* A revision that is not there (any more), and one of another base. */
	assert_int_equal(view_cache_revision(f->cache, &image, 9, &view, &err), -ENOENT);
	memset(image.base.sha256, '0', SHA256_TEXT_BYTES - 1);
	assert_int_equal(view_cache_revision(f->cache, &image, 1, &view, &err), -ENOENT);
	image_record_clear(&image);
}

int main(void)
{
	log_set_level(LOG_ERROR);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_boot_from_discover_to_verdict, setup, teardown),
		cmocka_unit_test_setup_teardown(
			repeats_stay_and_a_new_start_begins, setup, teardown),
		cmocka_unit_test_setup_teardown(one_image_is_one_open_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_unknown_address_is_decided_about, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_there_begins_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(held_machines_get_no_files, setup, teardown),
		cmocka_unit_test_setup_teardown(
			windows_on_the_network_is_noticed_once, setup, teardown),
		cmocka_unit_test_setup_teardown(strangers_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_boot_that_the_store_forgot_harms_no_other, setup, teardown),
		cmocka_unit_test_setup_teardown(
			events_join_a_transaction_under_way, setup, teardown),
		cmocka_unit_test_setup_teardown(bcds_in_memory_have_a_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(unfinished_boots_are_taken_up, setup, teardown),
		cmocka_unit_test_setup_teardown(
			silence_ends_boots_and_forgets_them, setup, teardown),
		cmocka_unit_test_setup_teardown(an_image_that_goes_is_no_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_boot_gets_the_revision_that_was_decided, setup, teardown),
		cmocka_unit_test_setup_teardown(revisions_share_descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors_run_out, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_blob_that_is_gone_is_an_error_with_its_place, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
