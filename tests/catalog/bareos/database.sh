#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# database.sh DATABASE - the rows in this folder as an SQLite database with the director's tables
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# With the types that the director gives the columns: addresses are compared as numbers.
sqlite3 "$1" <<END
CREATE TABLE Version (VersionId INTEGER);
INSERT INTO Version VALUES (2250);
CREATE TABLE Media (MediaId INTEGER, VolumeName TEXT, Slot INTEGER, MediaType TEXT, LabelType INTEGER, VolFiles INTEGER, VolBlocks INTEGER,
	VolBytes INTEGER, VolStatus TEXT, InChanger INTEGER, StorageId INTEGER, EndFile INTEGER, EndBlock INTEGER, MaxBlockSize INTEGER);
CREATE TABLE Job (JobId INTEGER, Job TEXT, Name TEXT, Type TEXT, JobStatus TEXT, VolSessionId INTEGER, VolSessionTime INTEGER, JobFiles INTEGER);
CREATE TABLE JobMedia (JobMediaId INTEGER, JobId INTEGER, MediaId INTEGER, FirstIndex INTEGER, LastIndex INTEGER, StartFile INTEGER,
	EndFile INTEGER, StartBlock INTEGER, EndBlock INTEGER, JobBytes INTEGER, VolIndex INTEGER);
.mode csv
.import $here/media.csv media_csv
.import $here/job.csv job_csv
.import $here/jobmedia.csv jobmedia_csv
INSERT INTO Media SELECT MediaId, VolumeName, Slot, MediaType, LabelType, VolFiles, VolBlocks, VolBytes, VolStatus, InChanger, StorageId, EndFile,
	EndBlock, MaxBlockSize FROM media_csv;
INSERT INTO Job SELECT JobId, Job, Name, Type, JobStatus, VolSessionId, VolSessionTime, JobFiles FROM job_csv;
INSERT INTO JobMedia SELECT JobMediaId, JobId, MediaId, FirstIndex, LastIndex, StartFile, EndFile, StartBlock, EndBlock, JobBytes, VolIndex
	FROM jobmedia_csv;
END
