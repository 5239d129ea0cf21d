/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of rules: what is read, what is refused with its place, and whom they forbid. */
#include "../unit.h"

#include "../store/scratch.h"

#include "base/text.h"
#include "driver/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RULE                                                                                       \
	"[rule one]\ninf = a*.inf\ncondition = winpe<=2.1\nwhy = it hangs\n" /* a right one        \
									      */

static struct driver_rules *rules_of(const char *text)
{
	struct driver_rules *rules = driver_rules_new();
	struct error err = ERROR_NULL;
	assert_non_null(rules);
	if (driver_rules_add(rules, "a.rules", text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	return rules;
}

static struct target target_of(const char *text)
{
	struct target target;
	assert_int_equal(target_parse(text, &target, NULL), 0);
	return target;
}

static struct driver_package package_of(const char *inf, const char *provider, const char *class)
{
	struct driver_package package = {.has_version = true, .version = 7ULL << 48 | 4ULL << 32};
	assert_true(text_copy(package.inf, sizeof(package.inf), inf));
	assert_true(text_copy(package.provider, sizeof(package.provider), provider));
	assert_true(text_copy(package.class, sizeof(package.class), class));
	memset(package.id, 'a', sizeof(package.id) - 1);
	return package;
}

static bool forbids(const char *text, const struct driver_package *package, const char *id,
	const char *target_text, struct mark_verdict *verdict)
{
	struct driver_rules *rules = rules_of(text);
	struct target target = target_of(target_text);
	bool is_forbidden = driver_rules_forbid(rules, package, &id, 1, &target, verdict);
	driver_rules_free(rules);
	return is_forbidden;
}

/* ---- reading ---- */

static void a_rule_says_all_of_itself(void **state)
{
	(void)state;
	static const char text[] = "\xef\xbb\xbf# a comment\n"
				   "[rule broadcom-x]\r\n"
				   "  INF = bxvbd*.inf , evbd.inf\n"
				   "inf=b06.inf\n"
				   "provider = Broadcom*\n"
				   "class=System\n"
				   "hardware-id = PCI\\VEN_14E4&DEV_1639*\n"
				   "version = <=7.4\n"
				   "condition = winpe<=2.1,arch=x86\n"
				   "condition = winpe=3.0\n"
				   "instead = K57nd60a.inf\n"
				   "why = one;\n"
				   "why = two\n"
				   "; another comment\n"
				   "source = https://example.org/a;b=c";
	struct driver_rules *rules = rules_of(text);
	assert_int_equal(rules->n_rules, 1);
	const struct driver_rule *rule = &rules->rules[0];
	assert_string_equal(rule->name, "broadcom-x");
	assert_string_equal(rule->file, "a.rules");
	assert_int_equal(rule->line, 2);
	assert_int_equal(rule->infs.n, 3);
	assert_string_equal(rule->infs.texts[1], "evbd.inf");
	assert_int_equal(rule->conditions.n, 2);
	assert_string_equal(rule->conditions.texts[0], "winpe<=2.1,arch=x86");
	assert_string_equal(rule->instead_family, "K57nd60a.inf");
	assert_string_equal(rule->instead, "");
	assert_string_equal(rule->why, "one; two");
	assert_string_equal(rule->source, "https://example.org/a;b=c");
	driver_rules_free(rules);
}

static void faults_have_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *text, *place, *word;
	} cases[] = {
		{"inf = a.inf\n", "f.rules:1:", "expected [rule NAME]"},
		{"\n[rules one]\n", "f.rules:2:", "expected [rule NAME]"},
		{"[rule one\n", "f.rules:1:", "expected [rule NAME]"},
		{"[rule ]\n", "f.rules:1:", "small letters"},
		{"[rule One]\n", "f.rules:1:", "small letters"},
		{"[rule one]\nhardware = x\n", "f.rules:2: [rule one]", "no key \"hardware\""},
		{"[rule one]\ninf\n", "f.rules:2:", "key = value"},
		{"[rule one]\ninf =\n", "f.rules:2:", "no value"},
		{"[rule one]\ninf = a.inf,,b.inf\n", "f.rules:2:", "empty name"},
		{"[rule one]\ncondition = winpe<=x\n", "f.rules:2:", "winpe<=x"},
		{"[rule one]\nversion = abc\n", "f.rules:2:", "6.0..7.8"},
		{"[rule one]\ninstead = abc\n", "f.rules:2:", "name of an INF"},
		{"[rule one]\noff = maybe\n", "f.rules:2:", "yes or no"},
		{"[rule one]\ncondition = winpe<=2.1\nwhy = x\n",
			"f.rules:1:", "which drivers it means"},
		{"#\n[rule one]\ninf = a.inf\nwhy = x\n[rule two]\n",
			"f.rules:2:", "needs a condition"},
		{"[rule one]\ninf = a.inf\ncondition = winpe<=2.1\n", "f.rules:1:", "needs a why"},
		{RULE RULE, "f.rules:5:", "in this file already"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_NULL;
		struct driver_rules *rules = driver_rules_new();
		assert_int_equal(driver_rules_add(rules, "f.rules", cases[i].text,
					 strlen(cases[i].text), &err),
			-EINVAL);
		if (strncmp(err.text, cases[i].place, strlen(cases[i].place)) != 0 ||
			strstr(err.text, cases[i].word) == NULL)
			fail_msg("\"%s\" does not say \"%s\" at %s", err.text, cases[i].word,
				cases[i].place);
		driver_rules_free(rules);
	}
	struct driver_rules *rules = driver_rules_new();
	assert_int_equal(driver_rules_add(rules, "f", "[rule one]\0\n", 12, NULL), -EINVAL);
	static char endless[4096];
	memset(endless, 'x', sizeof(endless));
	assert_int_equal(driver_rules_add(rules, "f", endless, sizeof(endless), NULL), -EINVAL);
	static char huge[LIMIT_RULES_BYTES + 1];
	assert_int_equal(driver_rules_add(rules, "f", huge, sizeof(huge), NULL), -EFBIG);
	assert_int_equal(rules->n_rules, 0);
	driver_rules_free(rules);
}

/* ---- what they forbid ---- */

static void every_key_must_fit(void **state)
{
	(void)state;
	static const struct {
		const char *keys;
		bool is_forbidden;
	} cases[] = {
		{"inf = e1d*.inf", true},
		{"inf = E1D68X64.INF", true},
		{"inf = *68*", true},
		{"inf = *", true},
		{"inf = e1d", false},
		{"inf = *x", false},
		{"inf = b.inf, e1d*", true},
		{"provider = Intel*", true},
		{"provider = Broadcom", false},
		{"inf = e1d*\nprovider = Broadcom", false},
		{"inf = e1d*\nclass = net", true},
		{"inf = e1d*\nclass = System", false},
		{"hardware-id = pci\\ven_8086&dev_15f3*", true},
		{"hardware-id = PCI\\VEN_8086&DEV_15F4*", false},
		{"inf = e1d*\nhardware-id = USB\\*", false},
		{"inf = e1d*\nversion = <=7.4", true},
		{"inf = e1d*\nversion = 7.0..7.3", false},
		{"inf = e1d*\nversion = >=7.4.0.1", false},
		{"inf = e1d*\noff = yes", false},
	};
	const struct driver_package package =
		package_of("e1d68x64.inf", "Intel Corporation", "Net");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[400];
		struct mark_verdict verdict;
		(void)snprintf(text, sizeof(text),
			"[rule r]\n%s\ncondition = winpe>=2.0\nwhy = it hangs\n", cases[i].keys);
		if (forbids(text, &package, "PCI\\VEN_8086&DEV_15F3&REV_03", "10.0.22621/amd64",
			    &verdict) != cases[i].is_forbidden)
			fail_msg("%s: expected %d", cases[i].keys, cases[i].is_forbidden);
	}
	/* A version that nobody knows fits no range. */
	struct driver_package unversioned = package;
	unversioned.has_version = false;
	struct mark_verdict verdict;
	assert_false(forbids("[rule r]\ninf=*\nversion=<=7.4\ncondition=winpe>=2.0\nwhy=x\n",
		&unversioned, "X", "10.0.22621/amd64", &verdict));
}

static void one_condition_is_enough(void **state)
{
	(void)state;
	static const char text[] = "[rule r]\ninf=*\ncondition=winpe=2.1\ncondition=winpe=3.0\n"
				   "why=it hangs\n";
	const struct driver_package package = package_of("a.inf", "A", "Net");
	struct mark_verdict verdict;
	assert_true(forbids(text, &package, "X", "6.0.6001/x86", &verdict));
	assert_true(forbids(text, &package, "X", "6.1.7600/x86", &verdict));
	assert_false(forbids(text, &package, "X", "6.0.6002/x86", &verdict));
	assert_string_equal(verdict.reason, "it hangs (rule r)");
}

/* The end of a long sentence goes, between words; the name of the rule stays. */
static void a_reason_keeps_the_name_of_its_rule(void **state)
{
	(void)state;
	char text[700] = "[rule the-name]\ninf=*\ncondition=winpe>=2.0\ninstead=k57nd60a.inf\nwhy=";
	for (size_t i = 0; i < 60; i++)
		memcpy(text + strlen(text), "word ", 6);
	const struct driver_package package = package_of("a.inf", "A", "Net");
	struct mark_verdict verdict;
	assert_true(forbids(text, &package, "X", "10.0.22621/amd64", &verdict));
	assert_non_null(strstr(verdict.reason, "word... (rule the-name)"));
	assert_string_equal(verdict.instead_family, "k57nd60a.inf");
}

/* A site changes or switches off a shipped rule by one of the same name. */
static void a_later_rule_takes_the_place_of_an_earlier(void **state)
{
	(void)state;
	const struct driver_package package = package_of("a.inf", "A", "Net");
	const struct target target = target_of("6.0.6001/x86");
	const char *id = "X";
	struct mark_verdict verdict;
	struct driver_rules *rules = rules_of(RULE);
	assert_true(driver_rules_forbid(rules, &package, &id, 1, &target, &verdict));
	static const char off[] = "[rule one]\noff = yes\n";
	assert_int_equal(driver_rules_add(rules, "b.rules", off, sizeof(off) - 1, NULL), 0);
	assert_int_equal(rules->n_rules, 1);
	assert_string_equal(rules->rules[0].file, "b.rules");
	assert_false(driver_rules_forbid(rules, &package, &id, 1, &target, &verdict));
	driver_rules_free(rules);
}

/* ---- what is shipped ---- */

static void the_shipped_rules_are_right(void **state)
{
	(void)state;
	struct driver_rules *rules = NULL;
	struct error err = ERROR_NULL;
	if (driver_rules_load(NULL, NULL, 0, &rules, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(rules->n_rules > 0);
	for (size_t i = 0; i < rules->n_rules; i++) {
		const struct driver_rule *rule = &rules->rules[i];
		if (rule->source == NULL || strstr(rule->source, "http") == NULL)
			fail_msg("%s names no source", rule->name);
		/* It goes into a verdict whole. */
		assert_true(strlen(rule->why) + strlen(rule->name) + 8 <
			    sizeof(((struct mark_verdict *)NULL)->reason));
	}
	driver_rules_free(rules);
}

/* Broadcom's NetXtreme II: the bus driver and what hangs below it are passed over in WinPE, the
 * monolithic driver of the same NIC is not, nor is any other NIC's. */
static void netxtreme_ii_is_left_to_its_monolithic_driver(void **state)
{
	(void)state;
	static const struct {
		const char *inf, *class, *id, *target;
		bool is_forbidden;
	} cases[] = {
		{"bxvbd.inf", "System", "PCI\\VEN_14E4&DEV_1639&SUBSYS_02351028", "6.1.7600/amd64",
			true},
		{"evbd.inf", "System", "PCI\\VEN_14E4&DEV_164E", "10.0.22621/amd64", true},
		{"oem7.inf", "System", "PCI\\VEN_14E4&DEV_164C", "6.0.6001/x86", true},
		{"bxnd.inf", "Net", "B06BDRV\\L2ND&PCI_163914E4", "6.1.7600/amd64", true},
		{"bxois.inf", "SCSIAdapter", "EBDRV\\L4SC&PCI_164E14E4", "6.1.7600/amd64", true},
		{"bxvbd.inf", "System", "PCI\\VEN_14E4&DEV_1639", "6.1.7600/amd64/server", false},
		{"monolithic.inf", "Net", "PCI\\VEN_14E4&DEV_1639", "6.0.6001/amd64", false},
		{"k57nd60a.inf", "Net", "PCI\\VEN_14E4&DEV_1657", "10.0.22621/amd64", false},
	};
	struct driver_rules *rules = NULL;
	assert_int_equal(driver_rules_load(NULL, NULL, 0, &rules, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct driver_package package =
			package_of(cases[i].inf, "Broadcom Corporation", cases[i].class);
		const struct target target = target_of(cases[i].target);
		struct mark_verdict verdict = {0};
		if (driver_rules_forbid(rules, &package, &cases[i].id, 1, &target, &verdict) !=
			cases[i].is_forbidden)
			fail_msg("%s for %s on %s: expected %d", cases[i].inf, cases[i].id,
				cases[i].target, cases[i].is_forbidden);
		if (cases[i].is_forbidden)
			assert_non_null(strstr(verdict.reason, "monolithic"));
	}
	driver_rules_free(rules);
}

/* Without a device the question is about all those that the package has models for. */
static void a_package_alone_is_asked_for_its_models(void **state)
{
	(void)state;
	char id[] = "b06bdrv\\l2nd&pci_163914e4";
	char *ids[] = {id};
	struct driver_model model = {.ids = ids, .n_ids = 1};
	struct driver_package package = package_of("bxnd.inf", "Broadcom", "Net");
	const struct target target = target_of("6.1.7600/amd64");
	struct driver_rules *rules = NULL;
	struct mark_verdict verdict;
	assert_int_equal(driver_rules_load(NULL, NULL, 0, &rules, NULL), 0);
	assert_false(driver_rules_forbid(rules, &package, NULL, 0, &target, &verdict));
	package.models = &model;
	package.n_models = 1;
	assert_true(driver_rules_forbid(rules, &package, NULL, 0, &target, &verdict));
	driver_rules_free(rules);
}

/* It is of use as long as one of its devices is not meant. */
static void a_package_is_forbidden_wholly_or_in_part(void **state)
{
	(void)state;
	char first[] = "PCI\\VEN_1234&DEV_0001", second[] = "PCI\\VEN_1234&DEV_0002";
	char *ids[] = {first, second};
	struct driver_model models[] = {
		{.ids = &ids[0], .n_ids = 1}, {.ids = &ids[1], .n_ids = 1}, {.n_ids = 0}};
	struct driver_package package = package_of("card.inf", "Example", "Net");
	const struct target target = target_of("6.1.7600/amd64");
	static const struct {
		const char *text;
		bool in_part, wholly;
	} rows[] = {
		{"[rule r]\nhardware-id=*DEV_0001\ncondition=winpe>=2.0\nwhy=x\n", true, false},
		{"[rule r]\nhardware-id=PCI*\ncondition=winpe>=2.0\nwhy=x\n", true, true},
		{"[rule r]\ninf=card*\ncondition=winpe>=2.0\nwhy=x\n", true, true},
		{"[rule r]\ninf=card*\ncondition=winpe>=4.0\nwhy=x\n", false, false},
	};
	package.models = models;
	package.n_models = ARRAY_SIZE(models);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct driver_rules *rules = rules_of(rows[i].text);
		struct mark_verdict verdict = {.reason = ""};
		assert_int_equal(driver_rules_forbid(rules, &package, NULL, 0, &target, &verdict),
			rows[i].in_part);
		verdict.reason[0] = 0;
		assert_int_equal(driver_rules_forbid_wholly(rules, &package, &target, &verdict),
			rows[i].wholly);
		assert_string_equal(verdict.reason, rows[i].wholly ? "x (rule r)" : "");
		driver_rules_free(rules);
	}
}

/* ---- files and marks ---- */

static void put(const char *folder, const char *name, const char *text)
{
	char path[512];
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void files_are_read_in_the_order_of_their_names(void **state)
{
	(void)state;
	const char *folder = scratch_make();
	char missing[512];
	(void)snprintf(missing, sizeof(missing), "%s/nothing-here", folder);
	put(folder, "20-b.rules", "[rule one]\noff = yes\n");
	put(folder, "10-a.rules", RULE);
	put(folder, "10-a.rules~", "no rule at all");
	const char *folders[] = {missing, folder};
	struct driver_rules *rules = NULL;
	struct error err = ERROR_NULL;
	if (driver_rules_load(NULL, folders, 2, &rules, &err) < 0)
		fail_msg("%s", err.text);
	const struct driver_rule *last = &rules->rules[rules->n_rules - 1];
	assert_string_equal(last->name, "one");
	assert_true(last->is_off);
	driver_rules_free(rules);

	put(folder, "30-c.rules", "[rule three]\nwat = 1\n");
	assert_int_equal(driver_rules_load(NULL, folders, 2, &rules, &err), -EINVAL);
	assert_non_null(strstr(err.text, "/30-c.rules:2: [rule three] there is no key \"wat\""));
	scratch_remove();
}

static void a_mark_goes_before_a_rule(void **state)
{
	(void)state;
	struct driver_package package = package_of("a.inf", "A", "Net");
	const struct target target = target_of("6.0.6001/x86");
	struct mark_verdict verdict;
	struct driver_rules *rules = rules_of(RULE);
	rules->marks = calloc(2, sizeof(*rules->marks));
	assert_non_null(rules->marks);
	rules->n_marks = 2;
	struct driver_mark *mark = &rules->marks[1];
	(void)text_copy(mark->package, sizeof(mark->package), package.id);
	(void)text_copy(mark->condition, sizeof(mark->condition), "winpe<=2.1");
	(void)text_copy(mark->why, sizeof(mark->why), "seen on the third floor");
	(void)text_copy(mark->instead, sizeof(mark->instead), "1234");
	(void)text_copy(rules->marks[0].condition, sizeof(mark->condition), "winpe>=2.0");
	assert_true(driver_rules_forbid(rules, &package, NULL, 0, &target, &verdict));
	assert_string_equal(
		verdict.reason, "marked as not for winpe<=2.1: seen on the third floor");
	assert_string_equal(verdict.instead, "1234");
	const struct target newer = target_of("10.0.22621/amd64");
	assert_false(driver_rules_forbid(rules, &package, NULL, 0, &newer, &verdict));
	driver_rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_says_all_of_itself),
		cmocka_unit_test(faults_have_their_place),
		cmocka_unit_test(every_key_must_fit),
		cmocka_unit_test(one_condition_is_enough),
		cmocka_unit_test(a_reason_keeps_the_name_of_its_rule),
		cmocka_unit_test(a_later_rule_takes_the_place_of_an_earlier),
		cmocka_unit_test(the_shipped_rules_are_right),
		cmocka_unit_test(netxtreme_ii_is_left_to_its_monolithic_driver),
		cmocka_unit_test(a_package_alone_is_asked_for_its_models),
		cmocka_unit_test(a_package_is_forbidden_wholly_or_in_part),
		cmocka_unit_test(files_are_read_in_the_order_of_their_names),
		cmocka_unit_test(a_mark_goes_before_a_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
