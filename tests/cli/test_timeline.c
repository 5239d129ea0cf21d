/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people read of a boot: the story without the noise. */
#include "../unit.h"

#include "cli/timeline.h"

#include <stdlib.h>
#include <string.h>

struct step {
	int64_t time_ms;
	const char *kind, *details;
};

static void tell(const struct step *steps, size_t n, struct timeline *timeline, struct buffer *out)
{
	*timeline = (struct timeline){.started_ms = 1000};
	*out = buffer_with_max(1 << 20);
	for (size_t i = 0; i < n; i++) {
		struct boot_event event = {.time_ms = steps[i].time_ms};
		(void)strncpy(event.kind, steps[i].kind, sizeof(event.kind) - 1);
		event.details = (char *)(uintptr_t)steps[i].details;
		assert_int_equal(timeline_add(timeline, &event, out), 0);
	}
}

static void test_healthy(void **state)
{
	(void)state;
	static const struct step steps[] = {
		{1000, "discover",
			"{\"mac\":\"52:54:00:00:00:01\",\"arch\":\"uefi-x64\",\"vendor_class\":"
			"\"PXEClient:Arch:00007\"}"},
		{1001, "decision",
			"{\"action\":\"serve\",\"image\":\"win11\",\"revision\":1,\"loader\":"
			"\"bootx64.efi\",\"reasons\":[\"because\"]}"},
		{1002, "offer", "{\"style\":\"redirect\",\"server\":\"10.0.0.1\"}"},
		{2000, "request", "{\"port\":4011,\"address\":\"10.0.0.9\"}"},
		{2001, "ack",
			"{\"style\":\"final\",\"server\":\"10.0.0.1\",\"file\":\"bootx64.efi\","
			"\"to\":"
			"\"10.0.0.9\"}"},
		{2100, "file",
			"{\"path\":\"bootx64.efi\",\"name\":\"bootx64.efi\",\"role\":\"loader\","
			"\"transport\":\"tftp\",\"size\":2000000}"},
		{2110, "done", "{\"path\":\"bootx64.efi\",\"end\":\"probe\",\"bytes\":0}"},
		{2200, "file",
			"{\"path\":\"bootx64.efi\",\"name\":\"bootx64.efi\",\"role\":\"loader\","
			"\"transport\":\"tftp\",\"size\":2000000}"},
		{2400, "done",
			"{\"path\":\"bootx64.efi\",\"end\":\"done\",\"bytes\":2000000,\"size\":"
			"2000000,"
			"\"seconds\":0.2,\"block\":1468,\"window\":4,\"variable_window\":false,"
			"\"resent\":0}"},
		{2500, "absent", "{\"path\":\"bcd\",\"speculative\":true}"},
		{2501, "absent", "{\"path\":\"x.p7b\",\"speculative\":true}"},
		{2600, "file",
			"{\"path\":\"boot.wim\",\"role\":\"wim\",\"transport\":\"http\",\"size\":"
			"466000000}"},
		{2700, "progress",
			"{\"path\":\"boot.wim\",\"bytes\":100000000,\"size\":466000000}"},
		{12600, "done",
			"{\"path\":\"boot.wim\",\"end\":\"done\",\"bytes\":466000000,\"size\":"
			"466000000,"
			"\"seconds\":10}"},
		{15000, "network", "{\"vendor_class\":\"MSFT 5.0\"}"},
		{20000, "report", "{\"verdict\":\"booted\",\"stage\":\"agent\"}"},
		{20000, "verdict", "{\"verdict\":\"booted\",\"why\":\"the agent said so\"}"},
	};
	struct timeline timeline;
	struct buffer out;
	tell(steps, ARRAY_SIZE(steps), &timeline, &out);
	struct boot_record boot = {.verdict = "booted", .last_ms = 20000};
	assert_int_equal(timeline_verdict(&timeline, &boot, &out), 0);
	assert_string_equal((const char *)out.bytes,
		"     0.000  discover   52:54:00:00:00:01, uefi-x64, PXEClient:Arch:00007\n"
		"     0.001  serve      win11@1, with bootx64.efi\n"
		"     0.002  offer      \"ask 10.0.0.1 on port 4011\"\n"
		"     1.000  request    on port 4011, takes address 10.0.0.9\n"
		"     1.001  ack        bootx64.efi from 10.0.0.1 (to 10.0.0.9)\n"
		"     1.400  loader     bootx64.efi: 2.0 MB in 0.2 s, 10 MB/s (TFTP, block 1468, "
		"window 4)\n"
		"     1.501  absent     2 optional files absent, as usual\n"
		"    11.600  boot.wim   466 MB in 10 s, 47 MB/s (HTTP)\n"
		"    14.000  network    what was loaded asks for an address: MSFT 5.0\n"
		"    19.000  report     booted, stage agent\n"
		"    19.000  verdict    booted: the agent said so\n");
	buffer_free(&out);
}

static void test_trouble(void **state)
{
	(void)state;
	static const struct step steps[] = {
		{1000, "decision",
			"{\"action\":\"refuse\",\"reasons\":[\"no image for arm64\",\"so "
			"nothing\"]}"},
		{1100, "file", "{\"path\":\"b/boot.wim\",\"role\":\"wim\",\"size\":1000000}"},
		{1200, "done",
			"{\"path\":\"b/"
			"boot.wim\",\"end\":\"aborted\",\"bytes\":500000,\"size\":1000000,"
			"\"detail\":\"out of \\u001b[2J memory\"}"},
		{1300, "done",
			"{\"path\":\"never/begun\",\"end\":\"timeout\",\"bytes\":1,\"size\":2}"},
		{1400, "absent", "{\"path\":\"boot/font.ttf\",\"speculative\":false}"},
		{1450, "absent", "{\"path\":\"x\",\"speculative\":true}"},
		{1500, "novelty", NULL},
		{1550, "decision",
			"{\"action\":\"serve\",\"image\":\"pe11\",\"revision\":3,\"loader\":"
			"\"bootx64.efi\",\"reasons\":[\"many\"],\"network_card\":{\"covered\":"
			"false,\"text\":\"no driver for it\"}}"},
		{1560, "decision",
			"{\"action\":\"serve\",\"image\":\"pe11\",\"revision\":3,\"loader\":"
			"\"bootx64.efi\",\"network_card\":{\"covered\":true,\"text\":\"all is "
			"well\"}}"},
		{1600, "offer", "this is not JSON"},
		{900, "report", "[1,2]"},
	};
	struct timeline timeline;
	struct buffer out;
	tell(steps, ARRAY_SIZE(steps), &timeline, &out);
	struct boot_record boot = {.verdict = "stalled", .last_ms = 90000};
	assert_int_equal(timeline_verdict(&timeline, &boot, &out), 0);
	assert_int_equal(timeline_verdict(&timeline, &boot, &out), 0);
	assert_string_equal((const char *)out.bytes,
		"     0.000  decision   refuse\n"
		"                       no image for arm64\n"
		"                       so nothing\n"
		"     0.200  boot.wim   stopped by the client after 500 kB of 1.0 MB: out of ?[2J "
		"memory\n"
		"     0.300  file       begun: the client fell silent after 1 byte of 2 bytes\n"
		"     0.400  absent     boot/font.ttf: there is no such file\n"
		"     0.450  absent     1 optional file absent, as usual\n"
		"     0.500  novelty\n"
		"     0.550  serve      pe11@3, with bootx64.efi\n"
		"                       no driver for it\n"
		"     0.560  serve      pe11@3, with bootx64.efi\n"
		"     0.600  offer      an address only\n"
		"     0.000  report\n"
		"    89.000  verdict    stalled\n");
	buffer_free(&out);
}

/* The bar stands for the newest large file that is under way. */
static void test_active(void **state)
{
	(void)state;
	struct timeline timeline;
	struct buffer out;
	static const struct step steps[] = {
		{1100, "file", "{\"path\":\"bcd\",\"role\":\"bcd\",\"size\":10}"},
		{1200, "file", "{\"path\":\"boot.sdi\",\"role\":\"sdi\",\"size\":3000}"},
		{1300, "progress", "{\"path\":\"boot.sdi\",\"bytes\":700,\"size\":3000}"},
	};
	tell(steps, ARRAY_SIZE(steps), &timeline, &out);
	const struct timeline_file *file = timeline_active(&timeline);
	assert_non_null(file);
	assert_string_equal(file->word, "boot.sdi");
	assert_int_equal(file->bytes, 700);
	struct boot_event end = {.kind = "done",
		.details = (char *)(uintptr_t) "{\"path\":\"boot.sdi\",\"end\":\"done\"}"};
	assert_int_equal(timeline_add(&timeline, &end, &out), 0);
	assert_null(timeline_active(&timeline));
	/* More files than it remembers. */
	for (size_t i = 0; i < 3 * TIMELINE_FILES_MAX; i++) {
		struct boot_event event = {.kind = "file"};
		event.details = (char *)(uintptr_t) "{\"path\":\"boot.wim\",\"role\":\"wim\"}";
		assert_int_equal(timeline_add(&timeline, &event, &out), 0);
	}
	assert_non_null(timeline_active(&timeline));
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_active),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
