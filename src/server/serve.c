/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/serve.h"

#include "adapter/hivex.h"
#include "base/address.h"
#include "base/log.h"
#include "boot/script.h"
#include "server/catalogue.h"
#include "server/clock.h"
#include "server/dhcp_listener.h"
#include "server/files.h"
#include "server/http_listener.h"
#include "server/libuv.h"
#include "server/notify.h"
#include "server/sandbox.h"
#include "server/tftp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define FLUSH_PERIOD_MS        100  /* how late a timeline is, and how often it costs a sync */
#define NEWS_PERIOD_MS         500  /* where the system does not tell of them at once */
#define TICK_PERIOD_MS         1000 /* silence, expiry */
#define STORE_PATIENCE_MS      100  /* while the loop runs: DHCP and HTTP wait with it */
#define STORE_LAST_PATIENCE_MS 5000 /* when all else has ended */
#define SCRIPT_BYTES           BOOT_SCRIPT_BYTES_MAX

enum serve_timer {
	TIMER_FLUSH,
	TIMER_NEWS,
	TIMER_TICK,
	N_TIMERS,
};

static const int handled_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};

struct server {
	const struct config *config;
	const char *state;
	uv_loop_t loop;
	uv_signal_t signals[ARRAY_SIZE(handled_signals)];
	uv_timer_t timers[N_TIMERS];
	uv_poll_t watch;  /* of the store: what another process has committed */
	int watch_fd;     /* -1: there is none */
	uint64_t n_loads; /* of the guide's catalogue, when the cache was looked through */
	bool is_stopping, has_handles;
	struct store *store;
	struct boots *boots;
	struct guide guide;
	struct dhcp_guide dhcp_guide;
	struct view_cache *cache;
	struct files *files;
	char *script; /* the user's own, or NULL */
	struct interfaces *interfaces;
	struct dhcp_session_config session;
	struct dhcp_listener *dhcp;
	struct tftp_server *tftp;
	struct http_listener *http;
};

/* ---- news and numbers ---- */

static void reload(struct server *server, bool is_forced)
{
	struct error err = ERROR_NULL;
	bool changed = false;
	if (guide_reload(&server->guide, is_forced, &changed, &err) < 0) {
		log_error("event=reload-failed reason=\"%s\"", err.text);
		return;
	}
	if (server->guide.n_loads == server->n_loads)
		return;
	server->n_loads = server->guide.n_loads;
	view_cache_refresh(server->cache);
	log_line(is_forced ? LOG_INFO : LOG_DEBUG, "event=catalogue images=%zu",
		catalogue_images(server->guide.catalogue)->n_images);
}

static void on_news(uv_poll_t *poll, int status, int events)
{
	struct server *server = poll->data;
	(void)status;
	(void)events;
	store_watch_drain(server->watch_fd);
	reload(server, false);
}

/* A file system that does not tell of changes is asked by the timer. */
static void watch_store(struct server *server)
{
	struct error err = ERROR_NULL;
	int fd;
	if (store_watch(server->store, &fd, &err) < 0) {
		log_warning("event=no-watch reason=\"%s\"", err.text);
		return;
	}
	if (uv_poll_init(&server->loop, &server->watch, fd) != 0) {
		(void)close(fd);
		return;
	}
	server->watch_fd = fd;
	server->watch.data = server;
	(void)uv_poll_start(&server->watch, UV_READABLE, on_news);
}

static void log_statistics(const struct server *server)
{
	const struct files_counters *files = files_counters(server->files);
	const struct guide_counters *guide = &server->guide.counters;
	log_info("event=stats room=boots live=%zu served=%llu held=%llu refused=%llu ignored=%llu "
		 "overflow=%llu",
		boots_count(server->boots), (unsigned long long)guide->n_served,
		(unsigned long long)guide->n_held, (unsigned long long)guide->n_refused,
		(unsigned long long)guide->n_ignored, (unsigned long long)guide->n_overflow);
	log_info("event=stats room=files opened=%llu absent=%llu refused=%llu failed=%llu "
		 "reports=%llu delivered=%llu bytes=%llu",
		(unsigned long long)files->n_opened, (unsigned long long)files->n_absent,
		(unsigned long long)files->n_refused, (unsigned long long)files->n_failed,
		(unsigned long long)files->n_reports, (unsigned long long)files->n_delivered,
		(unsigned long long)files->n_bytes);
	if (server->dhcp != NULL) {
		const struct dhcp_counters *dhcp = dhcp_listener_counters(server->dhcp);
		log_info("event=stats room=dhcp received=%llu malformed=%llu elsewhere=%llu "
			 "ignored=%llu sent=%llu unsent=%llu",
			(unsigned long long)dhcp->n_received, (unsigned long long)dhcp->n_malformed,
			(unsigned long long)dhcp->n_elsewhere, (unsigned long long)dhcp->n_ignored,
			(unsigned long long)dhcp->n_sent, (unsigned long long)dhcp->n_unsent);
	}
	if (server->http != NULL) {
		const struct http_counters *http = http_listener_counters(server->http);
		log_info("event=stats room=http requests=%llu not_found=%llu refused=%llu "
			 "failed=%llu",
			(unsigned long long)http->n_requests, (unsigned long long)http->n_not_found,
			(unsigned long long)http->n_refused, (unsigned long long)http->n_failed);
	}
	if (server->tftp != NULL) {
		struct tftp_server_counters tftp;
		tftp_server_counters(server->tftp, &tftp);
		log_info("event=stats room=tftp requests=%llu elsewhere=%llu malformed=%llu "
			 "repeated=%llu "
			 "over_limit=%llu refused=%llu not_found=%llu transfers=%llu active=%llu",
			(unsigned long long)tftp.requests, (unsigned long long)tftp.elsewhere,
			(unsigned long long)tftp.malformed, (unsigned long long)tftp.repeated,
			(unsigned long long)tftp.over_limit, (unsigned long long)tftp.refused,
			(unsigned long long)tftp.not_found, (unsigned long long)tftp.transfers,
			(unsigned long long)tftp.transfers_active);
	}
}

/* ---- the loop ---- */

static void stop(struct server *server)
{
	if (server->is_stopping)
		return;
	server->is_stopping = true;
	if (server->has_handles) {
		/* Still taken, so that a second one does not kill us before all is written. */
		for (size_t i = 0; i < ARRAY_SIZE(handled_signals); i++)
			uv_unref((uv_handle_t *)&server->signals[i]);
		for (size_t i = 0; i < N_TIMERS; i++)
			uv_close((uv_handle_t *)&server->timers[i], NULL);
		if (server->watch_fd >= 0)
			uv_close((uv_handle_t *)&server->watch, NULL);
	}
	dhcp_listener_stop(server->dhcp);
	http_listener_stop(server->http);
	tftp_server_stop(server->tftp, NULL, NULL);
	interfaces_stop(server->interfaces);
	server->dhcp = NULL;
	server->http = NULL;
	server->tftp = NULL;
	server->interfaces = NULL;
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct server *server = handle->data;
	if (server->is_stopping)
		return;
	switch (number) {
	case SIGHUP: reload(server, true); break;
	case SIGUSR1: log_statistics(server); break;
	default:
		log_info("event=stopping signal=%d", number);
		notify_manager("STOPPING=1");
		stop(server);
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct server *server = timer->data;
	int64_t now_ms = clock_now_ms();
	switch ((enum serve_timer)(timer - server->timers)) {
	case TIMER_FLUSH: boots_flush(server->boots, now_ms); break;
	case TIMER_NEWS: reload(server, false); break;
	case TIMER_TICK: boots_tick(server->boots, now_ms); break;
	case N_TIMERS: break;
	}
}

static int start_handles(struct server *server, struct error *err)
{
	static const uint64_t periods_ms[N_TIMERS] = {
		[TIMER_FLUSH] = FLUSH_PERIOD_MS,
		[TIMER_NEWS] = NEWS_PERIOD_MS,
		[TIMER_TICK] = TICK_PERIOD_MS,
	};
	int rc = 0;
	server->has_handles = true;
	watch_store(server);
	for (size_t i = 0; i < N_TIMERS; i++) {
		(void)uv_timer_init(&server->loop, &server->timers[i]);
		server->timers[i].data = server;
		(void)uv_timer_start(&server->timers[i], on_timer, periods_ms[i], periods_ms[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(handled_signals); i++) {
		(void)uv_signal_init(&server->loop, &server->signals[i]);
		server->signals[i].data = server;
		if (rc == 0)
			rc = uv_signal_start(&server->signals[i], on_signal, handled_signals[i]);
	}
	return rc < 0 ? error_set(err, rc, "cannot take signals: %s", strerror(-rc)) : 0;
}

/* ---- opening ---- */

/* A boot's files, its session's socket, a connection: as many as the system lets us have. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warning("event=descriptor-limit reason=\"%s\"", strerror(errno));
}

static int read_script(struct server *server, struct error *err)
{
	const char *path = server->config->script;
	if (path[0] == 0)
		return 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, -errno, "%s ([boot] script): %s", path, strerror(errno));
	server->script = calloc(1, SCRIPT_BYTES + 1);
	ssize_t n = server->script != NULL ? read(fd, server->script, SCRIPT_BYTES + 1) : -1;
	(void)close(fd);
	if (server->script == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	if (n < 0)
		return error_set(err, -EIO, "%s ([boot] script): cannot be read", path);
	if (n > SCRIPT_BYTES)
		return error_set(err, -EFBIG, "%s ([boot] script): longer than %d bytes", path,
			SCRIPT_BYTES);
	return 0;
}

static int open_state(struct server *server, struct error *err)
{
	bool changed;
	int rc = store_open(server->state, STORE_CREATE, &server->store, err);
	if (rc == 0)
		rc = sandbox_give_state(server->state, server->config->user, err);
	if (rc < 0)
		return rc;
	rc = boots_new(server->store, &server->boots);
	if (rc == 0)
		rc = view_cache_new(server->store, &server->cache);
	if (rc < 0)
		return error_set(err, rc, "cannot begin: %s", strerror(-rc));
	rc = boots_load(server->boots, clock_now_ms(), err);
	if (rc < 0)
		return rc;
	server->guide.store = server->store;
	server->guide.boots = server->boots;
	server->guide.address = server->config->address;
	server->guide.http_port = server->config->http_enabled ? server->config->http_port : 0;
	catalogue_policy(server->config, &server->guide.policy);
	rc = guide_reload(&server->guide, true, &changed, err);
	if (rc == 0)
		rc = read_script(server, err);
	if (rc < 0)
		return rc;
	struct files_config files = {.guide = &server->guide,
		.cache = server->cache,
		.config = server->config,
		.script_template = server->script};
	rc = files_new(&files, &server->files);
	return rc < 0 ? error_set(err, rc, "cannot begin: %s", strerror(-rc)) : 0;
}

static int open_interfaces(struct server *server, struct error *err)
{
	const char *names[CONFIG_INTERFACES_MAX];
	for (size_t i = 0; i < server->config->n_interfaces; i++)
		names[i] = server->config->interfaces[i];
	int rc = interfaces_start(
		&server->loop, names, server->config->n_interfaces, &server->interfaces, err);
	if (rc == 0 && interfaces_count(server->interfaces) == 0)
		log_warning("event=no-address reason=\"no interface to serve on has an IPv4 "
			    "address yet\"");
	return rc;
}

static int open_dhcp(struct server *server, struct error *err)
{
	const struct config *config = server->config;
	struct dhcp_session_config *session = &server->session;
	if (config->dhcp_mode == DHCP_MODE_OFF)
		return 0;
	*session = (struct dhcp_session_config){.mode = config->dhcp_mode,
		.pools = config->pools,
		.n_pools = config->n_pools,
		.reservations = config->reservations,
		.n_reservations = config->n_reservations,
		.lease_s = config->lease_s,
		.netmask = config->netmask,
		.router = config->router,
		.check_conflicts = config->conflict_check};
	memcpy(session->dns, config->dns, sizeof(session->dns));
	memcpy(session->domain, config->domain, sizeof(session->domain));
	server->dhcp_guide = guide_for_dhcp(&server->guide);
	struct dhcp_listener_config listener = {.session = session,
		.interfaces = server->interfaces,
		.store = server->store,
		.guide = &server->dhcp_guide};
	return dhcp_listener_start(&server->loop, &listener, &server->dhcp, err);
}

static bool is_served_address(void *context, uint32_t local)
{
	const struct server *server = context;
	return server->config->n_interfaces == 0 || interfaces_has(server->interfaces, local);
}

static int open_tftp(struct server *server, struct error *err)
{
	const struct config *config = server->config;
	if (!config->tftp_enabled)
		return 0;
	struct tftp_server_config tftp = {.port = config->tftp_port,
		/* Sorted out by address and not by SO_BINDTODEVICE: that stays with an interface
		 * that is gone when another comes under its name. */
		.allows = is_served_address,
		.context = server,
		.n_workers = config->tftp_workers,
		.max_sessions = config->tftp_sessions,
		.max_sessions_per_client = config->tftp_sessions_per_client,
		.allow_fragments = config->tftp_fragments,
		.no_variable_window = !config->tftp_variable_window};
	return tftp_server_open(
		&server->loop, &tftp, files_source(server->files), &server->tftp, err);
}

static int open_http(struct server *server, struct error *err)
{
	if (!server->config->http_enabled)
		return 0;
	struct http_config http = {.port = server->config->http_port,
		.allows = is_served_address,
		.context = server,
		.source = files_source(server->files)};
	return http_listener_start(&server->loop, &http, &server->http, err);
}

static int open_all(struct server *server, struct error *err)
{
	static int (*const steps[])(struct server * server, struct error * err) = {
		open_state, open_interfaces, open_dhcp, open_tftp, open_http, start_handles};
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int rc = steps[i](server, err);
		if (rc < 0)
			return rc;
	}
	int rc = sandbox_become(server->config->user, server->state, err);
	if (rc == 0 && server->tftp != NULL)
		rc = tftp_server_start(server->tftp, err);
	return rc < 0 ? rc : sandbox_filter_calls(err);
}

static void say_ready(const struct server *server)
{
	static const char *const modes[] = {[DHCP_MODE_OFF] = "off",
		[DHCP_MODE_PROXY] = "proxy",
		[DHCP_MODE_SERVER] = "server"};
	const struct config *config = server->config;
	log_info("event=ready dhcp=%s tftp_port=%u http_port=%u addresses=%zu images=%zu "
		 "state=%s",
		modes[config->dhcp_mode], server->tftp != NULL ? tftp_server_port(server->tftp) : 0,
		server->http != NULL ? http_listener_port(server->http) : 0,
		interfaces_count(server->interfaces),
		catalogue_images(server->guide.catalogue)->n_images, server->state);
	notify_manager("READY=1");
}

static void close_all(struct server *server)
{
	stop(server);
	if (server->store != NULL)
		store_set_patience(server->store, STORE_LAST_PATIENCE_MS);
	(void)uv_run(&server->loop, UV_RUN_DEFAULT);
	(void)files_free(server->files);
	guide_clear(&server->guide);
	(void)view_cache_free(server->cache);
	(void)boots_free(server->boots);
	(void)store_close(server->store);
	if (server->has_handles)
		for (size_t i = 0; i < ARRAY_SIZE(handled_signals); i++)
			uv_close((uv_handle_t *)&server->signals[i], NULL);
	(void)uv_run(&server->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&server->loop);
	if (server->watch_fd >= 0)
		(void)close(server->watch_fd);
	free(server->script);
	free(server);
}

/* All that is loaded when it is needed, and that is so when the sandbox is closed. libmicrohttpd is
 * loaded where its port is opened. */
static int load_libraries(struct error *err)
{
	int rc = loop_load_library(err);
	if (rc == 0)
		rc = sandbox_load_libraries(err);
	return rc < 0 ? rc : hive_load_library(err);
}

int serve_run(const char *state, const struct config *config, struct error *err)
{
	int rc = load_libraries(err);
	if (rc < 0)
		return rc;
	struct server *server = calloc(1, sizeof(*server));
	if (server == NULL)
		return error_set(err, -ENOMEM, "out of memory");
	server->config = config;
	server->state = state;
	server->watch_fd = -1;
	log_set_level(config->log);
	raise_descriptor_limit();
	/* A client that goes away while sendfile() writes to it must not take us along. */
	(void)signal(SIGPIPE, SIG_IGN);
	rc = uv_loop_init(&server->loop);
	if (rc < 0) {
		free(server);
		return error_set(err, rc, "cannot make an event loop: %s", strerror(-rc));
	}
	rc = open_all(server, err);
	if (rc == 0) {
		store_set_patience(server->store, STORE_PATIENCE_MS);
		say_ready(server);
		(void)uv_run(&server->loop, UV_RUN_DEFAULT);
	}
	close_all(server);
	if (rc == 0)
		log_info("event=stopped");
	return rc;
}
