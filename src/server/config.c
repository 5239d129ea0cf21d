/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the config file with libinih. It gives no line numbers to its handler, reads an indented
 * line as the continuation of the one before and cuts long lines silently; so lines are handed to
 * it one by one, counted, checked and without their indentation.
 */
#include "server/config.h"

#include "adapter/library.h"
#include "base/address.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEAREST_DISTANCE_MAX 3 /* letters that a misspelt word may be away from the one meant */
#define WORD_BYTES           32

#define FUNCTIONS(X) X(ini_parse_stream)
LIBRARY_DECLARE(libinih, FUNCTIONS);
LIBRARY_DEFINE(libinih, FUNCTIONS, "libinih.so.1", "libinih1", "required", "reads the config file");

struct parse {
	struct config *config;
	struct error *err;
	const char *name;
	const char *text;
	size_t size, at;
	unsigned line;
	int rc; /* of the first failure, which was at fail_line */
	unsigned fail_line;
};

static int fail(struct parse *parse, const char *section, const char *key, struct error *words)
{
	if (parse->rc < 0)
		return 0;
	parse->rc = -EINVAL;
	parse->fail_line = parse->line;
	if (section == NULL)
		(void)error_set(
			parse->err, -EINVAL, "%s:%u: %s", parse->name, parse->line, words->text);
	else
		(void)error_set(parse->err, -EINVAL, "%s:%u: [%s]%s%s: %s", parse->name,
			parse->line, section, key != NULL ? " " : "", key != NULL ? key : "",
			words->text);
	return 0;
}

/* ---- unknown words ---- */

/* Levenshtein's distance, for words of at most WORD_BYTES; longer ones are far from everything. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[WORD_BYTES + 1];
	size_t n = strlen(b);
	if (n > WORD_BYTES || strlen(a) > WORD_BYTES)
		return WORD_BYTES;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; a[i] != 0; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < n; j++) {
			unsigned best = diagonal + (text_lower(a[i]) == text_lower(b[j]) ? 0 : 1);
			diagonal = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (diagonal + 1 < best)
				best = diagonal + 1;
			row[j + 1] = best;
		}
	}
	return row[n];
}

static void unknown_key(const char *section, const char *key, struct error *words)
{
	const struct config_key *nearest = NULL;
	unsigned best = NEAREST_DISTANCE_MAX + 1;
	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		/* The same name in another section is nearer than another name. */
		bool is_here = text_equal_nocase(k->section, section);
		unsigned d = distance(k->key, key) + (is_here ? 0 : 1);
		if (d < best) {
			best = d;
			nearest = k;
		}
	}
	if (nearest == NULL)
		(void)error_set(
			words, 0, "there is no such key; `pewter config show` lists all there are");
	else
		(void)error_set(words, 0, "there is no such key; did you mean [%s] %s?",
			nearest->section, nearest->key);
}

static void unknown_section(const char *section, struct error *words)
{
	const char *nearest = NULL;
	unsigned best = NEAREST_DISTANCE_MAX + 1;
	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		unsigned d = distance(k->section, section);
		if (d < best) {
			best = d;
			nearest = k->section;
		}
	}
	if (nearest == NULL)
		(void)error_set(words, 0,
			"there is no such section; `pewter config show` lists all there are");
	else
		(void)error_set(words, 0, "there is no such section; did you mean [%s]?", nearest);
}

/* ---- lines ---- */

/* What libinih calls to get a line, like fgets(). */
static char *next_line(char *line, int size, void *stream)
{
	struct parse *parse = stream;
	struct error words;
	if (parse->rc < 0 || parse->at >= parse->size || size < 2)
		return NULL;
	const char *start = parse->text + parse->at;
	const char *newline = memchr(start, '\n', parse->size - parse->at);
	size_t n = newline != NULL ? (size_t)(newline - start) : parse->size - parse->at;
	parse->at += n + (newline != NULL ? 1 : 0);
	parse->line++;
	if (memchr(start, 0, n) != NULL) {
		(void)error_set(&words, 0, "holds a NUL byte; this is no text file");
		(void)fail(parse, NULL, NULL, &words);
		return NULL;
	}
	while (n > 0 && (*start == ' ' || *start == '\t')) {
		start++;
		n--;
	}
	bool is_comment = n > 0 && (*start == '#' || *start == ';');
	if (is_comment)
		n = 0;
	if (n > (size_t)size - 2) {
		(void)error_set(&words, 0,
			"is longer than %d bytes; lists may be spread over several lines with the "
			"same key",
			size - 2);
		(void)fail(parse, NULL, NULL, &words);
		return NULL;
	}
	memcpy(line, start, n);
	line[n] = '\n';
	line[n + 1] = 0;
	return line;
}

static const struct config_key *find_key(
	const char *section, const char *key, bool *ret_has_section)
{
	bool has_section = false;
	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		if (!text_equal_nocase(k->section, section))
			continue;
		has_section = true;
		if (k->type == CONFIG_RESERVATIONS || text_equal_nocase(k->key, key))
			return k;
	}
	*ret_has_section = has_section;
	return NULL;
}

/* libinih takes the first ':' for the end of a key, and MAC addresses are full of them: puts the
 * name together again in out. */
static bool split_reservation(const char **name, const char **value, char *out, size_t size)
{
	const char *equals = strchr(*value, '=');
	if (equals == NULL)
		return strchr(*value, ':') == NULL; /* it ended with '=' after all */
	int n = (int)(equals - *value);
	while (n > 0 && ((*value)[n - 1] == ' ' || (*value)[n - 1] == '\t'))
		n--;
	int written = snprintf(out, size, "%s:%.*s", *name, n, *value);
	if (written < 0 || (size_t)written >= size)
		return false;
	*name = out;
	*value = equals + 1 + strspn(equals + 1, " \t");
	return true;
}

/* What libinih calls for each key; its return value would only stop it at some later line. */
static int take_value(void *user, const char *section, const char *name, const char *value)
{
	struct parse *parse = user;
	struct error words = ERROR_NULL;
	bool has_section = false;
	if (parse->rc < 0)
		return 1;
	if (section[0] == 0) {
		(void)error_set(&words, 0, "\"%s\" stands before the first [section]", name);
		return fail(parse, NULL, NULL, &words);
	}
	const struct config_key *key = find_key(section, name, &has_section);
	if (key == NULL && !has_section) {
		unknown_section(section, &words);
		return fail(parse, section, NULL, &words);
	}
	if (key == NULL) {
		unknown_key(section, name, &words);
		return fail(parse, section, name, &words);
	}
	if (strstr(value, " #") != NULL) {
		(void)error_set(&words, 0,
			"a comment behind a value begins with ;, or stands on a line of its own");
		return fail(parse, section, name, &words);
	}
	char machine[WORD_BYTES + GUID_TEXT_BYTES];
	if (key->type == CONFIG_RESERVATIONS &&
		!split_reservation(&name, &value, machine, sizeof(machine))) {
		(void)error_set(&words, 0, "has no \"= ADDRESS\" behind the MAC address or UUID");
		return fail(parse, section, NULL, &words);
	}
	unsigned *line = &parse->config->lines[key - config_keys];
	if (*line != 0 && !config_is_list(key) && key->type != CONFIG_RESERVATIONS) {
		(void)error_set(&words, 0, "is there twice: line %u has it too", *line);
		return fail(parse, section, name, &words);
	}
	if (config_value_set(parse->config, key, name, value, &words) < 0)
		return fail(parse, section, name, &words);
	if (*line == 0)
		*line = parse->line;
	return 1;
}

/* ---- what goes together ---- */

static unsigned line_of(const struct config *config, size_t offset)
{
	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		if (k->offset == offset)
			return config->lines[k - config_keys];
	}
	return 0;
}

static int check_whole(const struct config *config, const char *name, struct error *err)
{
	unsigned line = line_of(config, offsetof(struct config, dhcp_mode));
	if (config->dhcp_mode == DHCP_MODE_SERVER && config->n_pools == 0 &&
		config->n_reservations == 0)
		return error_set(err, -EINVAL,
			"%s:%u: [dhcp] mode = server has no addresses to give: add pool = "
			"FIRST-LAST",
			name, line);
	if (config->dhcp_mode != DHCP_MODE_SERVER && config->n_pools > 0)
		return error_set(err, -EINVAL,
			"%s:%u: [dhcp] pool: addresses are given out only with mode = server", name,
			line_of(config, offsetof(struct config, pools)));
	if (config->dhcp_mode != DHCP_MODE_SERVER && config->n_reservations > 0)
		return error_set(err, -EINVAL,
			"%s:%u: [reservation]: addresses are given out only with [dhcp] mode = "
			"server",
			name, line_of(config, offsetof(struct config, reservations)));
	if (!config->tftp_enabled && !config->http_enabled)
		return error_set(err, -EINVAL,
			"%s:%u: [http] enabled: neither TFTP nor HTTP is left to load from", name,
			line_of(config, offsetof(struct config, http_enabled)));
	return 0;
}

static int set_defaults(struct config *config, struct error *err)
{
	for (const struct config_key *k = config_keys; k->section != NULL; k++) {
		if (k->default_text[0] == 0)
			continue;
		int rc = config_value_set(config, k, k->key, k->default_text, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int config_parse(const char *text, size_t size, const char *name, struct config *ret_config,
	struct error *err)
{
	CLEANUP(config_clear) struct config config = {.file = ""};
	struct parse parse = {
		.config = &config, .err = err, .name = name, .text = text, .size = size};
	int rc = library_load(&libinih_library, err);
	if (rc == 0)
		rc = set_defaults(&config, err);
	if (rc < 0)
		return rc;
	if (!text_copy(config.file, sizeof(config.file), name))
		return error_set(err, -ENAMETOOLONG, "%s: the name is too long", name);
	int bad_line = libinih.ini_parse_stream(next_line, &parse, take_value, &parse);
	if (bad_line < 0)
		return error_set(err, -ENOMEM, "%s: out of memory", name);
	/* It goes on behind a line that it cannot read, so what came later is no news. */
	if (bad_line > 0 && (parse.rc == 0 || (unsigned)bad_line < parse.fail_line))
		return error_set(err, -EINVAL, "%s:%d: is neither [section] nor key = value", name,
			bad_line);
	if (parse.rc < 0)
		return parse.rc;
	rc = check_whole(&config, name, err);
	if (rc < 0)
		return rc;
	*ret_config = config;
	config.reservations = NULL;
	return 0;
}

void config_clear(struct config *config)
{
	free(config->reservations);
	config->reservations = NULL;
	config->n_reservations = 0;
}

/* ---- the file ---- */

static int read_file(const char *path, char **ret_text, size_t *ret_size, struct error *err)
{
	CLEANUP(memory_freep) char *text = malloc(LIMIT_CONFIG_BYTES + 1);
	if (text == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	size_t size = 0;
	int rc = 0;
	while (size <= LIMIT_CONFIG_BYTES) {
		ssize_t n = read(fd, text + size, LIMIT_CONFIG_BYTES + 1 - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = error_set(err, -errno, "%s: %s", path, strerror(errno));
		if (n <= 0)
			break;
		size += (size_t)n;
	}
	(void)close(fd);
	if (rc == 0 && size > LIMIT_CONFIG_BYTES)
		rc = error_set(
			err, -EFBIG, "%s: is larger than %u bytes", path, LIMIT_CONFIG_BYTES);
	if (rc < 0)
		return rc;
	*ret_text = TAKE(text);
	*ret_size = size;
	return 0;
}

int config_load(const char *path, struct config *ret_config, struct error *err)
{
	CLEANUP(memory_freep) char *text = NULL;
	size_t size = 0;
	int rc = read_file(path != NULL ? path : CONFIG_FILE_DEFAULT, &text, &size, err);
	if (rc == -ENOENT && path == NULL)
		return config_parse("", 0, "", ret_config, err);
	if (rc < 0)
		return rc;
	return config_parse(text, size, path != NULL ? path : CONFIG_FILE_DEFAULT, ret_config, err);
}

bool config_wants_variable_window(const struct config *config, uint64_t wim_bytes)
{
	if (config->bcd_variable_window != CONFIG_VARIABLE_WINDOW_AUTO)
		return config->bcd_variable_window == CONFIG_VARIABLE_WINDOW_YES;
	/*
	 * Measured of a genuine boot manager: the variable window grows by one after about as many
	 * windows as it is wide. Having come to w it has moved about w^3 / 3 blocks in w^2 / 2
	 * round trips, so N blocks cost (3 N)^(2/3) / 2 of these; a fixed window of f costs N / f.
	 * The first is less from N = 9 / 8 f^3 on.
	 */
	uint64_t fixed = config->bcd_window_blocks;
	uint64_t n_blocks = wim_bytes / config->bcd_block_bytes;
	return n_blocks > fixed * fixed * fixed * 9 / 8;
}
