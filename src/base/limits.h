/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every maximum that keeps a stranger from making us grow. Each is shown in pewter(1), section
 * LIMITS. Units are in the names; a count has none.
 */
#pragma once

/* clang-format off */
/* The wire. */
#define LIMIT_DHCP_PACKET_BYTES           1500  /* accepted; an answer is at most the client's option 57, or 576 */
#define LIMIT_DHCP_HOPS                   16    /* RFC 1542 4.1.1: what came through more relays is dropped */
#define LIMIT_TFTP_REQUEST_BYTES          1024  /* RFC 2347 says 512; some loaders send longer names */
#define LIMIT_TFTP_BLOCK_BYTES            65464 /* RFC 2348 */
#define LIMIT_TFTP_WINDOW_BLOCKS          64    /* larger ones gain nothing at 1 Gb/s and lose more at a loss */
#define LIMIT_TFTP_WINDOW_BYTES           (1U << 20) /* of all blocks of one window together */
#define LIMIT_TFTP_SESSIONS               4096  /* transfers at once, all clients together */
#define LIMIT_TFTP_SESSIONS_PER_CLIENT    64    /* from one address, unless [tftp] sessions_per_client says more */
#define LIMIT_HTTP_CONNECTIONS            4096  /* connections at once, all clients together */
#define LIMIT_HTTP_CONNECTIONS_PER_CLIENT 64    /* connections at once from one address */
#define LIMIT_HTTP_HEADER_BYTES           16384 /* request line and headers of one request */
#define LIMIT_PATH_BYTES                  512   /* a path that a client asks for */
#define LIMIT_REPORT_BYTES                1024  /* one report of a loader or agent */

/* Memory that strangers can fill. */
#define LIMIT_BOOTS_LIVE                  16384 /* boots followed at once; the oldest is forgotten first */
#define LIMIT_BOOT_STARTS_BURST 500 /* machines that may be switched on at the same moment */
#define LIMIT_BOOT_STARTS_PER_SECOND 50 /* and thereafter: each leaves a record in the store */
#define LIMIT_BOOTS_MADE                  1024  /* BCDs and scripts kept in memory, 16 kB each; others are made anew when asked */
#define LIMIT_BOOT_EVENTS                 512   /* events kept of one boot */
#define LIMIT_BOOTS_KEPT                  10000 /* boots in the store; the oldest go first */
#define LIMIT_CLIENTS                     65536 /* machines in the store; held ones without a name go first */
#define LIMIT_LEASES                      65536 /* addresses leased at once */
#define LIMIT_OFFERS_PENDING              1024  /* addresses offered and not yet requested */

/* Files. */
#define LIMIT_WIM_XML_BYTES               (16U << 20)  /* the XML of a WIM */
#define LIMIT_WIM_BLOB_TABLE_BYTES        (64U << 20)  /* the blob table, expanded: 1.3 million files */
#define LIMIT_WIM_IMAGES                  64           /* images in one WIM */
#define LIMIT_WIM_METADATA_BYTES          (256U << 20) /* one image's metadata, expanded */
#define LIMIT_WIM_TREE_ENTRIES            1000000      /* files and folders of one image */
#define LIMIT_IMAGE_NAME_BYTES            64           /* name of a boot image */
#define LIMIT_LOADER_FILE_BYTES           (64U << 20)  /* one boot file taken out of a WIM or ISO */
#define LIMIT_BOOT_FILES_BYTES            (256U << 20) /* all boot files of one image together */
#define LIMIT_ISO_DEPTH                   16           /* folders below folders in an ISO */
#define LIMIT_ISO_HEAD_BYTES              (256U << 20)  /* an ISO that is made, without its largest file */
#define LIMIT_ISO_ENTRIES                 100000       /* files and folders in an ISO */
#define LIMIT_MEDIUM_JSON_BYTES           4096         /* pewter/medium.json of a boot medium */
#define LIMIT_MANIFEST_BYTES              (32U << 20)  /* pewter/manifest.json of a revision */
#define LIMIT_ADDED_BYTES                 (4ULL << 30)  /* files added to an image at once */
#define LIMIT_WINPESHL_BYTES              65536        /* the winpeshl.ini of an image */
#define LIMIT_IPXE_BYTES                  (8U << 20)   /* an iPXE program for a boot medium */
#define LIMIT_IPXE_SCRIPT_BYTES           65536        /* a script for it */
#define LIMIT_BCD_BYTES                   (1U << 20)   /* a boot configuration store */
#define LIMIT_CONFIG_BYTES                (1U << 20)   /* the configuration file */
#define LIMIT_CAPTURE_BYTES               (64U << 20)  /* a capture of packets to replay */

/* Drivers. */
#define LIMIT_INF_BYTES                   (16U << 20)  /* an INF; the largest real ones have 2 MB */
#define LIMIT_INF_SECTIONS                500000       /* sections of an INF */
#define LIMIT_INF_LINES                   1000000      /* lines with content of an INF */
#define LIMIT_INF_FIELDS                  4000000      /* fields of an INF together */
#define LIMIT_INF_FIELD_BYTES             12288        /* one field, strings filled in: 4096 characters */
#define LIMIT_INF_TOLD_BYTES              (256U << 20) /* all fields of an INF, strings filled in, that inspect --lines tells */
#define LIMIT_INF_PROBLEMS                64           /* problems of one INF that are told one by one */
#define LIMIT_DRIVER_MODELS               200000       /* Models lines of one INF */
#define LIMIT_DRIVER_MODEL_IDS            400000       /* hardware and compatible ids of one INF */
#define LIMIT_DRIVER_SECTIONS             4096         /* Models sections that [Manufacturer] of one INF names */
#define LIMIT_DRIVER_INSTALLS             20000        /* install sections of one INF, times architectures */
#define LIMIT_DRIVER_STEPS                (4U << 20)   /* lines looked at while the sections of one INF are followed; real ones need some thousand */
#define LIMIT_DRIVER_TEXT_BYTES           (32U << 20)  /* ids, descriptions, names that the models and install sections of one INF have together, strings filled in */
#define LIMIT_DRIVER_FILES                4096         /* files of one package */
#define LIMIT_DRIVER_PACKAGE_BYTES        (4ULL << 30) /* the files of one package together */
#define LIMIT_DRIVER_RECORD_BYTES         (64U << 20)  /* what the store keeps of one INF's sections, models, names */
#define LIMIT_HARDWARE_ID_BYTES           255          /* a hardware or compatible id; Windows allows 200 */
#define LIMIT_DEVICES                     4096         /* devices of one machine */
#define LIMIT_DEVICE_IDS                  64           /* ids of one device, of each kind */
#define LIMIT_DEVICE_REPORT_BYTES         (16U << 20)  /* what lspci, pnputil, msinfo32, ... wrote */
#define LIMIT_XML_DEPTH                   64           /* elements within elements of an .nfo or a WIM's XML */
#define LIMIT_JSON_DEPTH                  64           /* lists and objects within each other in a report */
#define LIMIT_PCI_NAMES_BYTES             (64U << 20)  /* pci.ids, the names of PCI devices */
#define LIMIT_ARCHIVE_ENTRIES             200000       /* files and folders of one archive of drivers */
#define LIMIT_ARCHIVE_BYTES               (64ULL << 30) /* an archive of drivers, expanded, nested ones with it */
#define LIMIT_ARCHIVE_RATIO               500          /* expanded to packed size, past the first 64 MB, nested ones with it */
#define LIMIT_ARCHIVE_DEPTH               4            /* archives within archives */
#define LIMIT_FOLDER_DEPTH                32           /* folders within folders, when they are walked for drivers */
#define LIMIT_FOLDER_NAMES_BYTES          (32U << 20)  /* the paths of all files of a folder or archive together */
#define LIMIT_PLACE_CABINETS              1024         /* cabinets that the INFs of one folder or archive name */
#define LIMIT_CATALOG_BYTES               (32U << 20)  /* a security catalogue */
#define LIMIT_CATALOG_MEMBERS             200000       /* members of a security catalogue; attributes as well */
#define LIMIT_RULES_BYTES                 (1U << 20)   /* a file of rules */
#define LIMIT_RULES_FILES                 1000         /* files of rules in one folder */
#define LIMIT_DRIVER_RULES                10000        /* rules in force */
#define LIMIT_INBOX_INFS                  4096         /* INFs that one image brings along; Windows itself has some 1,000 */
/* clang-format on */
