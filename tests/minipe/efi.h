/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of the UEFI interface that minipe uses, written from the UEFI Specification 2.9
 * (section numbers at each protocol). x86-64 only: built for the target x86_64-unknown-windows,
 * whose calling convention is UEFI's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t efi_status;
typedef uint64_t uintn;
typedef wchar_t char16; /* -fshort-wchar */
typedef void *efi_handle;
typedef void *efi_event;

#define EFI_ERROR_BIT        0x8000000000000000ULL
#define EFI_SUCCESS          0ULL
#define EFI_BUFFER_TOO_SMALL (EFI_ERROR_BIT | 5)
#define EFI_NOT_READY        (EFI_ERROR_BIT | 6)
#define EFI_NOT_FOUND        (EFI_ERROR_BIT | 14)
#define EFI_TIMEOUT          (EFI_ERROR_BIT | 18)
#define EFI_HTTP_ERROR       (EFI_ERROR_BIT | 35)

static inline bool efi_failed(efi_status status)
{
	return (status & EFI_ERROR_BIT) != 0;
}

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct efi_table_header {
	uint64_t signature;
	uint32_t revision, header_size, crc32, reserved;
};

/* 10.2 Device paths: a list of nodes, each with its length; the last has type 0x7f. */
struct efi_device_path {
	uint8_t type, subtype;
	uint8_t length[2];
};
#define EFI_DEVICE_PATH_MESSAGING 3
#define EFI_DEVICE_PATH_IPV4      12
#define EFI_DEVICE_PATH_URI       24
#define EFI_DEVICE_PATH_MEDIA     4
#define EFI_DEVICE_PATH_CDROM     2
#define EFI_DEVICE_PATH_FILE      4
#define EFI_DEVICE_PATH_END       0x7f

/* 12.4 Simple text output. */
struct efi_text_output {
	void *reset;
	efi_status (*output_string)(struct efi_text_output *this, const char16 *text);
	void *test_string, *query_mode, *set_mode, *set_attribute, *clear_screen;
	void *set_cursor_position, *enable_cursor, *mode;
};

/* 7. Boot services; only what is called has its type. */
enum efi_memory_type {
	EFI_LOADER_DATA = 2,
	EFI_BOOT_SERVICES_DATA = 4,
};
#define EFI_ALLOCATE_ANY_PAGES 0
#define EFI_PAGE_BYTES         4096
#define EFI_EVENT_TIMER        0x80000000U
#define EFI_TIMER_RELATIVE     2
#define EFI_LOCATE_BY_PROTOCOL 2

struct efi_boot_services {
	struct efi_table_header header;
	void *raise_tpl, *restore_tpl;
	efi_status (*allocate_pages)(
		uint32_t how, enum efi_memory_type type, uintn n_pages, uint64_t *address);
	efi_status (*free_pages)(uint64_t address, uintn n_pages);
	void *get_memory_map;
	efi_status (*allocate_pool)(enum efi_memory_type type, uintn size, void **ret_buffer);
	efi_status (*free_pool)(void *buffer);
	efi_status (*create_event)(
		uint32_t type, uintn tpl, void *notify, void *context, efi_event *ret_event);
	efi_status (*set_timer)(efi_event event, uint32_t how, uint64_t time_100ns);
	void *wait_for_event, *signal_event;
	efi_status (*close_event)(efi_event event);
	efi_status (*check_event)(efi_event event);
	void *install_protocol, *reinstall_protocol, *uninstall_protocol;
	efi_status (*handle_protocol)(
		efi_handle handle, const struct efi_guid *protocol, void **ret_interface);
	void *reserved, *register_protocol_notify;
	efi_status (*locate_handle)(uint32_t how, const struct efi_guid *protocol, void *key,
		uintn *size_bytes, efi_handle *handles);
	efi_status (*locate_device_path)(const struct efi_guid *protocol,
		struct efi_device_path **path, efi_handle *ret_handle);
	void *install_configuration_table;
	efi_status (*load_image)(bool from_boot_policy, efi_handle parent,
		struct efi_device_path *path, void *source, uintn source_size,
		efi_handle *ret_image);
	efi_status (*start_image)(
		efi_handle image, uintn *ret_exit_data_size, char16 **ret_exit_data);
	void *exit, *unload_image, *exit_boot_services, *get_next_monotonic_count;
	efi_status (*stall)(uintn microseconds);
	efi_status (*set_watchdog_timer)(
		uintn seconds, uint64_t code, uintn data_size, const char16 *data);
	/* what follows is not used */
};

/* 8. Runtime services. */
#define EFI_RESET_SHUTDOWN 2
struct efi_runtime_services {
	struct efi_table_header header;
	void *get_time, *set_time, *get_wakeup_time, *set_wakeup_time;
	void *set_virtual_address_map, *convert_pointer;
	void *get_variable, *get_next_variable_name, *set_variable, *get_next_high_monotonic_count;
	void (*reset_system)(uint32_t how, efi_status status, uintn data_size, const void *data);
};

struct efi_system_table {
	struct efi_table_header header;
	const char16 *firmware_vendor;
	uint32_t firmware_revision;
	efi_handle console_in_handle;
	void *con_in;
	efi_handle console_out_handle;
	struct efi_text_output *con_out;
	efi_handle standard_error_handle;
	struct efi_text_output *std_err;
	struct efi_runtime_services *runtime;
	struct efi_boot_services *boot;
};

/* 9.1 Loaded image. */
struct efi_loaded_image {
	uint32_t revision;
	efi_handle parent_handle;
	struct efi_system_table *system_table;
	efi_handle device_handle;
	struct efi_device_path *file_path;
	void *reserved;
	uint32_t load_options_size;
	void *load_options;
	void *image_base;
	uint64_t image_size;
};

/* 13.4 Simple file system, 13.5 file. */
#define EFI_FILE_MODE_READ 1ULL
#define EFI_FILE_END       0xffffffffffffffffULL
struct efi_file {
	uint64_t revision;
	efi_status (*open)(struct efi_file *this, struct efi_file **ret_file, char16 *path,
		uint64_t mode, uint64_t attributes);
	efi_status (*close)(struct efi_file *this);
	void *delete;
	efi_status (*read)(struct efi_file *this, uintn *size, void *buffer);
	void *write;
	efi_status (*get_position)(struct efi_file *this, uint64_t *ret_position);
	efi_status (*set_position)(struct efi_file *this, uint64_t position);
	/* what follows is not used */
};
struct efi_simple_file_system {
	uint64_t revision;
	efi_status (*open_volume)(struct efi_simple_file_system *this, struct efi_file **ret_root);
};

/* 13.9 Block I/O. */
struct efi_block_media {
	uint32_t media_id;
	bool is_removable, is_present, is_partition, is_read_only, is_write_caching;
	uint32_t block_size, io_align;
	uint64_t last_block;
};
struct efi_block_io {
	uint64_t revision;
	struct efi_block_media *media;
	void *reset;
	efi_status (*read_blocks)(struct efi_block_io *this, uint32_t media_id, uint64_t block,
		uintn size, void *buffer);
	/* what follows is not used */
};

/* 14.4 PCI I/O; only configuration space is read. */
struct efi_pci_io {
	void *poll_mem, *poll_io, *mem_read, *mem_write, *io_read, *io_write;
	efi_status (*pci_read)(struct efi_pci_io *this, uint32_t width, uint32_t offset,
		uintn count, void *buffer);
};
#define EFI_PCI_IO_WIDTH_UINT32 2

/* 24.3 PXE base code. */
union efi_ip_address {
	uint32_t words[4];
	uint8_t v4[4];
};

struct efi_pxe_packet {
	uint8_t raw[1472];
};

struct efi_pxe_mode {
	bool started, ipv6_available, ipv6_supported, using_ipv6, bis_supported, bis_detected;
	bool auto_arp, send_guid, dhcp_discover_valid, dhcp_ack_received, proxy_offer_received;
	bool pxe_discover_valid, pxe_reply_received, pxe_bis_reply_received;
	bool icmp_error_received, tftp_error_received, make_callbacks;
	uint8_t ttl, tos;
	union efi_ip_address station_ip, subnet_mask;
	struct efi_pxe_packet dhcp_discover, dhcp_ack, proxy_offer, pxe_discover, pxe_reply;
	/* what follows is not used */
};
_Static_assert(offsetof(struct efi_pxe_mode, station_ip) == 20, "24.3.1");
_Static_assert(offsetof(struct efi_pxe_mode, dhcp_discover) == 52, "24.3.1");

#define EFI_PXE_UDP_ANY_SRC_PORT 0x0002
#define EFI_PXE_UDP_MAY_FRAGMENT 0x0020

struct efi_pxe_base_code {
	uint64_t revision;
	void *start, *stop, *dhcp, *discover, *mtftp;
	efi_status (*udp_write)(struct efi_pxe_base_code *this, uint16_t flags,
		union efi_ip_address *dest_ip, uint16_t *dest_port,
		union efi_ip_address *gateway_ip, union efi_ip_address *src_ip, uint16_t *src_port,
		uintn *header_size, void *header, uintn *buffer_size, void *buffer);
	efi_status (*udp_read)(struct efi_pxe_base_code *this, uint16_t flags,
		union efi_ip_address *dest_ip, uint16_t *dest_port, union efi_ip_address *src_ip,
		uint16_t *src_port, uintn *header_size, void *header, uintn *buffer_size,
		void *buffer);
	void *set_ip_filter, *arp, *set_parameters, *set_station_ip, *set_packets;
	struct efi_pxe_mode *mode;
};

/* 11.6 Service binding. */
struct efi_service_binding {
	efi_status (*create_child)(struct efi_service_binding *this, efi_handle *child);
	efi_status (*destroy_child)(struct efi_service_binding *this, efi_handle child);
};

/* 29.6 HTTP. */
enum efi_http_method {
	EFI_HTTP_GET = 0,
	EFI_HTTP_HEAD = 5,
};
#define EFI_HTTP_STATUS_200 3
#define EFI_HTTP_STATUS_204 7
#define EFI_HTTP_STATUS_404 21

struct efi_http_ipv4_point {
	bool use_default_address;
	uint8_t local_address[4], local_subnet[4];
	uint16_t local_port;
};

struct efi_http_config {
	uint32_t version; /* 0: HTTP/1.0, 1: HTTP/1.1 */
	uint32_t timeout_ms;
	bool is_ipv6;
	struct efi_http_ipv4_point *ipv4;
};

struct efi_http_request {
	enum efi_http_method method;
	char16 *url;
};

struct efi_http_response {
	uint32_t status;
};

struct efi_http_header {
	char *name, *value;
};

struct efi_http_message {
	union {
		struct efi_http_request *request;
		struct efi_http_response *response;
	};
	uintn n_headers;
	struct efi_http_header *headers;
	uintn body_length;
	void *body;
};

struct efi_http_token {
	efi_event event;
	efi_status status;
	struct efi_http_message *message;
};

struct efi_http {
	void *get_mode_data;
	efi_status (*configure)(struct efi_http *this, struct efi_http_config *config);
	efi_status (*request)(struct efi_http *this, struct efi_http_token *token);
	efi_status (*cancel)(struct efi_http *this, struct efi_http_token *token);
	efi_status (*response)(struct efi_http *this, struct efi_http_token *token);
	efi_status (*poll)(struct efi_http *this);
};

/* 28.5 IPv4 configuration II. */
enum efi_ip4_config_type {
	EFI_IP4_CONFIG_POLICY = 1,
	EFI_IP4_CONFIG_ADDRESS = 2,
	EFI_IP4_CONFIG_GATEWAY = 3,
};
struct efi_ip4_config {
	efi_status (*set_data)(struct efi_ip4_config *this, enum efi_ip4_config_type type,
		uintn size, const void *data);
	void *get_data, *register_data_notify, *unregister_data_notify;
};

#define EFI_GUID(a, b, c, d0, d1, d2, d3, d4, d5, d6, d7)                                          \
	((struct efi_guid){a, b, c, {d0, d1, d2, d3, d4, d5, d6, d7}})
#define EFI_LOADED_IMAGE_GUID                                                                      \
	EFI_GUID(0x5b1b31a1, 0x9562, 0x11d2, 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b)
#define EFI_DEVICE_PATH_GUID                                                                       \
	EFI_GUID(0x09576e91, 0x6d3f, 0x11d2, 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b)
#define EFI_SIMPLE_FILE_SYSTEM_GUID                                                                \
	EFI_GUID(0x964e5b22, 0x6459, 0x11d2, 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b)
#define EFI_BLOCK_IO_GUID                                                                          \
	EFI_GUID(0x964e5b21, 0x6459, 0x11d2, 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b)
#define EFI_PXE_BASE_CODE_GUID                                                                     \
	EFI_GUID(0x03c4e603, 0xac28, 0x11d3, 0x9a, 0x2d, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d)
#define EFI_NII_31_GUID                                                                            \
	EFI_GUID(0x1aced566, 0x76ed, 0x4218, 0xbc, 0x81, 0x76, 0x7f, 0x1f, 0x97, 0x7a, 0x89)
#define EFI_PCI_IO_GUID                                                                            \
	EFI_GUID(0x4cf5b200, 0x68b8, 0x4ca5, 0x9e, 0xec, 0xb2, 0x3e, 0x3f, 0x50, 0x02, 0x9a)
#define EFI_HTTP_SERVICE_BINDING_GUID                                                              \
	EFI_GUID(0xbdc8e6af, 0xd9bc, 0x4379, 0xa7, 0x2a, 0xe0, 0xc4, 0xe7, 0x5d, 0xae, 0x1c)
#define EFI_HTTP_GUID                                                                              \
	EFI_GUID(0x7a59b29b, 0x910b, 0x4171, 0x82, 0x42, 0xa8, 0x5a, 0x0d, 0xf2, 0x5b, 0x5b)
#define EFI_IP4_CONFIG2_GUID                                                                       \
	EFI_GUID(0x5b446ed1, 0xe30b, 0x4faa, 0x87, 0x1a, 0x36, 0x54, 0xec, 0xa3, 0x60, 0x80)
