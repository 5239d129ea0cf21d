/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP over the firmware's EFI_HTTP_PROTOCOL: HEAD to probe, one plain GET to read, all over one
 * connection, with no header but Host: that is what a genuine boot manager sends.
 */
#include "fetch.h"
#include "firmware.h"

#define TIMEOUT_100NS  (20ULL * 10000000) /* without a byte */
#define URL_MAX        2048
#define PIECE_BYTES    (1U << 20)
#define PROGRESS_BYTES (16U << 20)

static struct {
	struct efi_service_binding *binding;
	efi_handle child;
	struct efi_http *http;
	char host[STATION_PATH_BYTES];
	efi_event timer;
} web;

/* Runs one request or response to its end: the protocol only works while it is polled. */
static efi_status finish(struct efi_http_token *token,
	efi_status (*start)(struct efi_http *, struct efi_http_token *))
{
	struct efi_boot_services *boot = firmware->boot;
	efi_status status = boot->create_event(0, 0, NULL, NULL, &token->event);

	if (efi_failed(status))
		return status;
	token->status = EFI_NOT_READY;
	status = start(web.http, token);
	if (!efi_failed(status)) {
		boot->set_timer(web.timer, EFI_TIMER_RELATIVE, TIMEOUT_100NS);
		while (efi_failed(boot->check_event(token->event))) {
			web.http->poll(web.http);
			if (!efi_failed(boot->check_event(web.timer))) {
				web.http->cancel(web.http, token);
				token->status = EFI_TIMEOUT;
				break;
			}
		}
		status = token->status;
	}
	boot->close_event(token->event);
	return status;
}

static efi_status ask(enum efi_http_method method, const char *path)
{
	static char16 url[URL_MAX];
	static const char scheme[] = "http://";
	struct efi_http_header host = {(char[]){"Host"}, web.host};
	struct efi_http_request request = {method, url};
	struct efi_http_message message = {.request = &request, .n_headers = 1, .headers = &host};
	struct efi_http_token token = {.message = &message};
	size_t n = 0;

	for (const char *p = scheme; *p; p++)
		url[n++] = (char16)*p;
	for (const char *p = web.host; *p; p++)
		url[n++] = (char16)*p;
	if (*path != '/' && *path != '\\')
		url[n++] = '/';
	for (const char *p = path; *p && n < URL_MAX - 1; p++)
		url[n++] = *p == '\\' ? '/' : (char16)(uint8_t)*p;
	url[n] = 0;
	return finish(&token, web.http->request);
}

/* Status and Content-Length of the answer; its body, if any, is still to be taken. */
static efi_status take_head(uint32_t *ret_status, uint64_t *ret_length, bool *ret_has_length)
{
	struct efi_http_response response = {0};
	struct efi_http_message message = {.response = &response};
	struct efi_http_token token = {.message = &message};
	efi_status status = finish(&token, web.http->response);

	*ret_has_length = false;
	*ret_length = 0;
	if (efi_failed(status) && status != EFI_HTTP_ERROR)
		return status;
	*ret_status = response.status;
	for (uintn i = 0; i < message.n_headers; i++) {
		if (!text_equal(message.headers[i].name, "Content-Length"))
			continue;
		*ret_has_length = true;
		for (const char *p = message.headers[i].value; *p >= '0' && *p <= '9'; p++)
			*ret_length = *ret_length * 10 + (uint64_t)(*p - '0');
	}
	return EFI_SUCCESS;
}

static efi_status take_body(const char *path, uint8_t *data, uint64_t size)
{
	for (uint64_t done = 0; done < size;) {
		uint64_t want = size - done;
		struct efi_http_message message = {
			.body_length = want > PIECE_BYTES ? PIECE_BYTES : want,
			.body = data + done,
		};
		struct efi_http_token token = {.message = &message};
		efi_status status = finish(&token, web.http->response);

		if (efi_failed(status) || !message.body_length)
			return efi_failed(status) ? status : EFI_TIMEOUT;
		if (done / PROGRESS_BYTES != (done + message.body_length) / PROGRESS_BYTES)
			print("minipe: %s: %u of %u MiB\n", path,
				(uint32_t)((done + message.body_length) >> 20),
				(uint32_t)(size >> 20));
		done += message.body_length;
	}
	return EFI_SUCCESS;
}

static enum fetch_result result_of(efi_status status)
{
	return status == EFI_TIMEOUT ? FETCH_TIMEOUT : FETCH_BROKEN;
}

static enum fetch_result probe(const char *path, uint64_t *ret_size)
{
	uint32_t code;
	uint64_t length;
	bool has_length;
	efi_status status = ask(EFI_HTTP_HEAD, path);

	if (!efi_failed(status))
		status = take_head(&code, &length, &has_length);
	if (efi_failed(status))
		return result_of(status);
	if (code == EFI_HTTP_STATUS_404)
		return FETCH_ABSENT;
	/* "Every file asked for by HEAD must answer Content-Length": a boot manager takes no other.
	 */
	if (code != EFI_HTTP_STATUS_200 || !has_length)
		return FETCH_BROKEN;
	*ret_size = length;
	return FETCH_OK;
}

static enum fetch_result read(
	const char *path, const struct fetch_tuning *tuning, struct bytes *ret_data)
{
	uint32_t code;
	uint64_t length;
	bool has_length;
	uint8_t *data;
	efi_status status = ask(EFI_HTTP_GET, path);

	(void)tuning;
	if (!efi_failed(status))
		status = take_head(&code, &length, &has_length);
	if (efi_failed(status))
		return result_of(status);
	if (code == EFI_HTTP_STATUS_204) {
		*ret_data = (struct bytes){(const uint8_t *)"", 0};
		return FETCH_OK;
	}
	if (code == EFI_HTTP_STATUS_404)
		return FETCH_ABSENT;
	data = code == EFI_HTTP_STATUS_200 && has_length ? allocate((size_t)length) : NULL;
	if (!data)
		return FETCH_BROKEN;
	status = take_body(path, data, length);
	if (efi_failed(status))
		return result_of(status);
	*ret_data = (struct bytes){data, (size_t)length};
	return FETCH_OK;
}

static bool same_net(const struct station *station)
{
	for (int i = 0; i < 4; i++)
		if ((station->address[i] ^ station->server[i]) & station->mask[i])
			return false;
	return true;
}

const struct fetch_ways *fetch_over_http(const struct station *station)
{
	static const struct fetch_ways ways = {probe, read};
	struct efi_http_ipv4_point point = {0};
	struct efi_http_config config = {.version = 1, .timeout_ms = 20000, .ipv4 = &point};
	struct efi_ip4_config *ip4;
	efi_handle nic;

	if (web.http)
		return &ways;
	web.binding = protocol_upwards(station->device, &EFI_HTTP_SERVICE_BINDING_GUID, &nic);
	if (!web.binding || efi_failed(web.binding->create_child(web.binding, &web.child)))
		return NULL;
	/* PXE and HTTP boot leave no default address behind: ours has to be said again, and the
	 * way to a server in another net too. */
	ip4 = protocol(nic, &EFI_IP4_CONFIG2_GUID);
	if (ip4 && !same_net(station))
		ip4->set_data(ip4, EFI_IP4_CONFIG_GATEWAY, 4, station->gateway);
	bytes_copy(point.local_address, station->address, 4);
	bytes_copy(point.local_subnet, station->mask, 4);
	bytes_copy(web.host, station->host, sizeof(web.host));
	web.http = protocol(web.child, &EFI_HTTP_GUID);
	if (web.http && !efi_failed(web.http->configure(web.http, &config)) &&
		!efi_failed(
			firmware->boot->create_event(EFI_EVENT_TIMER, 0, NULL, NULL, &web.timer)))
		return &ways;
	web.binding->destroy_child(web.binding, web.child);
	web.http = NULL;
	return NULL;
}

void fetch_http_close(void)
{
	if (!web.http)
		return;
	web.http->configure(web.http, NULL);
	web.binding->destroy_child(web.binding, web.child);
	firmware->boot->close_event(web.timer);
	web.http = NULL;
}
