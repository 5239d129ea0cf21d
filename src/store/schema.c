/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The database's tables, and how they grew. */
#include "store/internal.h"

#include <errno.h>
#include <stdio.h>

/*
 * migrations[v] lifts a database from user_version v to v + 1; a row is never changed once it has
 * been in a release. Addresses are IPv4 in host byte order, times Unix milliseconds, hashes 64 hex
 * digits.
 */
static const char *const migrations[] = {
	"CREATE TABLE blob ("
	" sha256 TEXT PRIMARY KEY,"
	" size INTEGER NOT NULL,"
	" pending_until_ms INTEGER NOT NULL" /* until then an import may be about to name it */
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE image ("
	" name TEXT PRIMARY KEY,"
	" arch TEXT NOT NULL,"
	" version TEXT NOT NULL,"
	" winpe TEXT NOT NULL,"
	" description TEXT NOT NULL,"
	" source TEXT NOT NULL,"
	" boot_index INTEGER NOT NULL,"
	" base TEXT NOT NULL REFERENCES blob (sha256),"
	" revision INTEGER NOT NULL,"
	" created_ms INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX image_base ON image (base);"
	"CREATE TABLE image_file ("
	" image TEXT NOT NULL REFERENCES image (name) ON DELETE CASCADE,"
	" name TEXT NOT NULL,"
	" blob TEXT NOT NULL REFERENCES blob (sha256),"
	" PRIMARY KEY (image, name)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX image_file_blob ON image_file (blob);"
	"CREATE TABLE client ("
	" id INTEGER PRIMARY KEY,"
	" mac BLOB NOT NULL,"
	" uuid BLOB,"
	" state TEXT NOT NULL,"
	" name TEXT NOT NULL,"
	" image TEXT NOT NULL,"
	" first_seen_ms INTEGER NOT NULL,"
	" last_seen_ms INTEGER NOT NULL"
	") STRICT;"
	/* Not unique: boards of one make share a UUID more often than they should. */
	"CREATE INDEX client_uuid ON client (uuid);"
	"CREATE INDEX client_mac ON client (mac);"
	"CREATE INDEX client_seen ON client (last_seen_ms);"
	"CREATE TABLE boot ("
	" id TEXT PRIMARY KEY,"
	" client TEXT NOT NULL,"
	" mac BLOB NOT NULL,"
	" uuid BLOB,"
	" address INTEGER NOT NULL,"
	" arch TEXT NOT NULL,"
	" image TEXT NOT NULL,"
	" revision INTEGER NOT NULL,"
	" verdict TEXT NOT NULL,"
	" started_ms INTEGER NOT NULL,"
	" last_ms INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX boot_started ON boot (started_ms);"
	"CREATE TABLE boot_event ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" boot TEXT NOT NULL REFERENCES boot (id) ON DELETE CASCADE,"
	" time_ms INTEGER NOT NULL,"
	" kind TEXT NOT NULL,"
	" details TEXT"
	") STRICT;"
	"CREATE INDEX boot_event_boot ON boot_event (boot, number);"
	"CREATE TABLE lease ("
	" address INTEGER PRIMARY KEY,"
	" client_id BLOB NOT NULL,"
	" mac BLOB NOT NULL,"
	" expires_ms INTEGER NOT NULL,"
	" state TEXT NOT NULL"
	") STRICT;",
	/* The devices of a client, as `client import` read them; ids as lines. */
	"CREATE TABLE client_device ("
	" client INTEGER NOT NULL REFERENCES client (id) ON DELETE CASCADE,"
	" number INTEGER NOT NULL,"
	" class TEXT NOT NULL,"
	" name TEXT NOT NULL,"
	" location TEXT NOT NULL,"
	" hardware_ids TEXT NOT NULL,"
	" compatible_ids TEXT NOT NULL,"
	" PRIMARY KEY (client, number)"
	") STRICT, WITHOUT ROWID;",
	/*
	 * Drivers. A package's lists lie packed in its row (driver_pack.h says how, and what that
	 * was measured against); tables of their own are only for what is searched for: ids, and
	 * files for the sake of their blobs.
	 */
	"CREATE TABLE driver_package ("
	" number INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL UNIQUE,"
	" inf TEXT NOT NULL,"
	" class TEXT NOT NULL,"
	" class_guid BLOB NOT NULL,"
	" provider TEXT NOT NULL,"
	" date INTEGER NOT NULL," /* yyyymmdd */
	" version BLOB NOT NULL," /* four parts, big-endian, so that they sort; 0 bytes: none */
	" archs TEXT NOT NULL,"
	" signature TEXT NOT NULL,"
	" signer TEXT NOT NULL,"
	" signed_ms INTEGER NOT NULL,"
	" source TEXT NOT NULL,"
	" added_ms INTEGER NOT NULL,"
	" size INTEGER NOT NULL,"
	" n_ids INTEGER NOT NULL," /* distinct ones */
	" is_incomplete INTEGER NOT NULL,"
	" content BLOB NOT NULL,"
	" models BLOB NOT NULL"
	") STRICT;"
	/*
	 * No REFERENCES to the package: an index on package would be as large as the table, and
	 * its removal knows the ids (models).
	 */
	"CREATE TABLE driver_id ("
	" id TEXT NOT NULL,"
	" package INTEGER NOT NULL,"
	" lines BLOB NOT NULL,"
	" PRIMARY KEY (id, package)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE driver_file ("
	" package INTEGER NOT NULL REFERENCES driver_package (number) ON DELETE CASCADE,"
	" path TEXT NOT NULL,"
	" kind TEXT NOT NULL,"
	" blob TEXT NOT NULL REFERENCES blob (sha256),"
	" arch TEXT NOT NULL,"
	" subsystem_major INTEGER NOT NULL,"
	" subsystem_minor INTEGER NOT NULL,"
	" is_listed INTEGER NOT NULL,"
	" PRIMARY KEY (package, path)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX driver_file_blob ON driver_file (blob);"
	"CREATE TABLE driver_mark ("
	" package INTEGER NOT NULL REFERENCES driver_package (number) ON DELETE CASCADE,"
	" condition TEXT NOT NULL,"
	" instead TEXT NOT NULL,"
	" why TEXT NOT NULL,"
	" made_ms INTEGER NOT NULL,"
	" PRIMARY KEY (package, condition)"
	") STRICT, WITHOUT ROWID;",
	/*
	 * Revisions. Hundreds of revisions with hundreds of packages each are normal, so what a
	 * revision names is named by number: revision_item has some 12 bytes a row.
	 */
	"ALTER TABLE image ADD COLUMN format TEXT NOT NULL DEFAULT 'wim';" /* or 'sdi' */
	/* Of an SDI: where in it the volume lies that becomes the RAM disk; bytes. */
	"ALTER TABLE image ADD COLUMN ramdisk_offset INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE image ADD COLUMN ramdisk_length INTEGER NOT NULL DEFAULT 0;"
	/* Network cards that the base drives by itself; NULL: imported before that was asked. */
	"ALTER TABLE image ADD COLUMN inbox_nics BLOB;"
	/* '' for a package of the database, else the base whose own driver it is: then it has no
	 * files here. */
	"ALTER TABLE driver_package ADD COLUMN base TEXT NOT NULL DEFAULT '';"
	"CREATE INDEX driver_package_base ON driver_package (base) WHERE base <> '';"
	"CREATE TABLE part ("
	" id TEXT PRIMARY KEY,"
	" compression TEXT NOT NULL,"
	" blob TEXT REFERENCES blob (sha256)," /* NULL: all files are empty */
	" listing BLOB NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX part_blob ON part (blob);"
	/* What a package has become before. No REFERENCES to the package: a part outlives it. */
	"CREATE TABLE package_part ("
	" package TEXT NOT NULL,"
	" compression TEXT NOT NULL,"
	" part TEXT NOT NULL REFERENCES part (id) ON DELETE CASCADE,"
	" PRIMARY KEY (package, compression)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX package_part_part ON package_part (part);"
	"CREATE TABLE image_revision ("
	" id INTEGER PRIMARY KEY,"
	" image TEXT NOT NULL REFERENCES image (name) ON DELETE CASCADE,"
	" revision INTEGER NOT NULL,"
	" created_ms INTEGER NOT NULL,"
	" why TEXT NOT NULL,"
	" size INTEGER NOT NULL,"
	" layer TEXT REFERENCES blob (sha256)," /* NULL: the base alone */
	" pieces BLOB NOT NULL," /* revision_pack.h; of no bytes: the base as it is */
	" nics BLOB NOT NULL,"
	" UNIQUE (image, revision)"
	") STRICT;"
	"CREATE INDEX image_revision_layer ON image_revision (layer);"
	"INSERT INTO image_revision (image, revision, created_ms, why, size, layer, pieces, nics)"
	" SELECT name, 1, created_ms, 'import', size, NULL, x'', x'' FROM image"
	" JOIN blob ON sha256 = base;"
	"UPDATE image SET revision = 1;"
	/* What revisions hold, each thing once. */
	"CREATE TABLE layer_item ("
	" id INTEGER PRIMARY KEY,"
	" kind TEXT NOT NULL," /* 'driver', 'files' */
	" package TEXT NOT NULL,"
	" inf TEXT NOT NULL,"
	" class TEXT NOT NULL,"
	" provider TEXT NOT NULL,"
	" date INTEGER NOT NULL,"
	" version BLOB NOT NULL," /* as in driver_package */
	" source TEXT NOT NULL,"
	" part TEXT NOT NULL REFERENCES part (id),"
	" UNIQUE (kind, package, source, part)"
	") STRICT;"
	"CREATE INDEX layer_item_part ON layer_item (part);"
	"CREATE TABLE revision_item ("
	" revision INTEGER NOT NULL REFERENCES image_revision (id) ON DELETE CASCADE,"
	" place INTEGER NOT NULL,"  /* the order in which they are laid over the base */
	" number INTEGER NOT NULL," /* of a driver's folder; 0 for files */
	" item INTEGER NOT NULL REFERENCES layer_item (id),"
	" PRIMARY KEY (revision, place)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX revision_item_item ON revision_item (item);"
	"CREATE TABLE plan ("
	" client INTEGER PRIMARY KEY REFERENCES client (id) ON DELETE CASCADE,"
	" id TEXT NOT NULL,"
	" client_name TEXT NOT NULL,"
	" image TEXT NOT NULL,"
	" revision INTEGER NOT NULL,"
	" classes TEXT NOT NULL,"
	" made_ms INTEGER NOT NULL,"
	" n_uncovered_nics INTEGER NOT NULL,"
	" FOREIGN KEY (image, revision) REFERENCES image_revision (image, revision)"
	"  ON DELETE CASCADE"
	") STRICT;"
	"CREATE INDEX plan_image ON plan (image, revision);"
	"CREATE TABLE plan_device ("
	" client INTEGER NOT NULL REFERENCES plan (client) ON DELETE CASCADE,"
	" number INTEGER NOT NULL,"
	" hardware_id TEXT NOT NULL,"
	" class TEXT NOT NULL,"
	" name TEXT NOT NULL,"
	" is_covered INTEGER NOT NULL,"
	" by TEXT NOT NULL,"
	" package TEXT NOT NULL,"
	" inf TEXT NOT NULL,"
	" reason TEXT NOT NULL,"
	" PRIMARY KEY (client, number)"
	") STRICT, WITHOUT ROWID;",
	/* Revisions that are one client's own stand aside: the newest, which all others boot and
	 * the next ones are built on, may have a lower number. */
	"ALTER TABLE image ADD COLUMN last_revision INTEGER NOT NULL DEFAULT 1;"
	"UPDATE image SET last_revision = revision;"
	"ALTER TABLE image_revision ADD COLUMN is_own INTEGER NOT NULL DEFAULT 0;",
	/* What building on a base needs to know of it; NULL: it is found out each time. */
	("ALTER TABLE image ADD COLUMN outline TEXT REFERENCES blob (sha256);"
	 "CREATE INDEX image_outline ON image (outline);"),
	/* A machine's boots tell its firmware, whenever it is prepared. */
	("CREATE INDEX boot_mac ON boot (mac);"
	 "CREATE INDEX boot_uuid ON boot (uuid);"),
	/* Without an index by item, and so without a reference, which would look for one: of a
	 * revision with a hundred packages it wrote a hundred pages, where all else is twenty. Who
	 * asks which revisions hold an item (a sweep, `driver remove`) reads the list. */
	("CREATE TABLE revision_list ("
	 " revision INTEGER NOT NULL REFERENCES image_revision (id) ON DELETE CASCADE,"
	 " place INTEGER NOT NULL,"
	 " number INTEGER NOT NULL,"
	 " item INTEGER NOT NULL," /* layer_item */
	 " PRIMARY KEY (revision, place)"
	 ") STRICT, WITHOUT ROWID;"
	 "INSERT INTO revision_list SELECT revision, place, number, item FROM revision_item;"
	 "DROP TABLE revision_item;"
	 "ALTER TABLE revision_list RENAME TO revision_item;"),
};
#define SCHEMA_VERSION ((int64_t)ARRAY_SIZE(migrations))

static int schema_version(struct store *store, int64_t *ret_version, struct error *err)
{
	CLEANUP(sql_done) struct sql_query query = sql_query(store->sql, "PRAGMA user_version");
	int rc = sql_step(&query, err);
	if (rc < 0)
		return rc;
	*ret_version = sql_get_i64(&query);
	return 0;
}

int schema_lift(struct store *store, struct error *err)
{
	struct sql_scope scope;
	int64_t version;
	int rc = schema_version(store, &version, err);
	if (rc < 0 || version == SCHEMA_VERSION)
		return rc;
	rc = sql_enter(store->sql, SQL_DURABLE, &scope, err);
	if (rc < 0)
		return rc;
	/* Asked again: another process may have done it while we waited to be let in. */
	rc = schema_version(store, &version, err);
	if (rc == 0 && (version < 0 || version > SCHEMA_VERSION))
		rc = error_set(err, -EPROTONOSUPPORT,
			"%s: was made by a newer Pewter (schema %lld, this one knows %lld); "
			"install that one",
			store->database, (long long)version, (long long)SCHEMA_VERSION);
	for (; rc == 0 && version < SCHEMA_VERSION; version++)
		rc = sql_run(store->sql, migrations[version], err);
	if (rc == 0) {
		char pragma[64];
		(void)snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %lld",
			(long long)SCHEMA_VERSION);
		rc = sql_run(store->sql, pragma, err);
	}
	return sql_leave(store->sql, &scope, rc, err);
}
