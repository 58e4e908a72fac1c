-- SPDX-License-Identifier: GPL-3.0-or-later
-- Of the catalog of the Bareos 26 that wrote tests/volumes/bareos: the rows of some volumes, right after their jobs, with the columns that
-- restores and appends read.  For sqlite3.
CREATE TABLE Version (VersionId INTEGER);
INSERT INTO Version VALUES (2250);
CREATE TABLE Media (MediaId INTEGER, VolumeName TEXT, Slot INTEGER, PoolId INTEGER, MediaType TEXT, LabelType INTEGER, VolFiles INTEGER, VolBlocks INTEGER, VolBytes INTEGER, VolStatus TEXT, InChanger INTEGER, StorageId INTEGER, EndFile INTEGER, EndBlock INTEGER, MinBlockSize INTEGER, MaxBlockSize INTEGER);
INSERT INTO Media VALUES (3, 'vol-gzip6', 0, 4, 'File', 0, 0, 1, 734952, 'Append', 0, 1, 0, 734951, 0, 0);
INSERT INTO Media VALUES (10, 'vol-sparse-gzip6', 0, 11, 'File', 0, 0, 1, 398765, 'Append', 0, 1, 0, 398764, 0, 0);
INSERT INTO Media VALUES (32, 'vol-append', 0, 33, 'File', 0, 0, 2, 257233, 'Append', 0, 1, 0, 257232, 0, 0);
INSERT INTO Media VALUES (37, 'vol-nochecksum', 0, 38, 'File', 0, 0, 12, 734886, 'Append', 0, 5, 0, 734885, 0, 0);
INSERT INTO Media VALUES (49, 'vol-multi', 0, 40, 'File', 0, 0, 21, 1853483, 'Append', 0, 7, 0, 1853482, 0, 0);
INSERT INTO Media VALUES (51, 'vol-span-gzip6-1', 0, 42, 'File', 0, 0, 6, 387292, 'Full', 0, 3, 0, 387291, 0, 0);
INSERT INTO Media VALUES (53, 'vol-span-gzip6-2', 0, 42, 'File', 0, 0, 6, 347944, 'Append', 0, 3, 0, 347943, 0, 0);
INSERT INTO Media VALUES (61, 'OUT1', 0, 60, 'File', 0, 0, 0, 207, 'Append', 0, 1, 0, 0, 0, 0);
INSERT INTO Media VALUES (64, 'vol-crashed', 0, 59, 'File', 0, 0, 0, 212, 'Append', 0, 3, 0, 0, 0, 0);
CREATE TABLE Job (JobId INTEGER, Job TEXT, Name TEXT, Type TEXT, Level TEXT, JobStatus TEXT, VolSessionId INTEGER, VolSessionTime INTEGER, JobFiles INTEGER, JobBytes INTEGER);
INSERT INTO Job VALUES (3, 'J-gzip6.2026-11-22_12.41.35_08', 'J-gzip6', 'B', 'F', 'T', 3, 1795351262, 61, 723610);
INSERT INTO Job VALUES (10, 'J-sparse-gzip6.2026-11-22_12.41.59_22', 'J-sparse-gzip6', 'B', 'F', 'T', 10, 1795351262, 8, 396901);
INSERT INTO Job VALUES (32, 'J-append.2026-11-22_12.43.16_06', 'J-append', 'B', 'F', 'T', 32, 1795351262, 17, 24981);
INSERT INTO Job VALUES (33, 'J-append2.2026-11-22_12.43.20_08', 'J-append2', 'B', 'F', 'T', 33, 1795351262, 14, 226746);
INSERT INTO Job VALUES (38, 'J-nochecksum.2026-11-22_12.43.37_18', 'J-nochecksum', 'B', 'F', 'T', 38, 1795351262, 61, 723610);
INSERT INTO Job VALUES (50, 'J-multi-a.2026-11-22_12.44.19_42', 'J-multi-a', 'B', 'F', 'T', 50, 1795351262, 12, 744332);
INSERT INTO Job VALUES (51, 'J-multi-b.2026-11-22_12.44.19_43', 'J-multi-b', 'B', 'F', 'T', 51, 1795351262, 30, 347694);
INSERT INTO Job VALUES (52, 'J-multi-c.2026-11-22_12.44.19_44', 'J-multi-c', 'B', 'F', 'T', 52, 1795351262, 30, 748556);
INSERT INTO Job VALUES (54, 'J-span-gzip6.2026-11-22_12.44.30_47', 'J-span-gzip6', 'B', 'F', 'T', 54, 1795351262, 61, 723610);
INSERT INTO Job VALUES (64, 'J-multi-c.2026-11-22_12.46.43_05', 'J-multi-c', 'B', 'F', 'f', 1, 1795351599, 0, 0);
CREATE TABLE JobMedia (JobMediaId INTEGER, JobId INTEGER, MediaId INTEGER, FirstIndex INTEGER, LastIndex INTEGER, StartFile INTEGER, EndFile INTEGER, StartBlock INTEGER, EndBlock INTEGER, JobBytes INTEGER, VolIndex INTEGER);
INSERT INTO JobMedia VALUES (6, 3, 3, 1, 61, 0, 0, 208, 734951, 0, 2);
INSERT INTO JobMedia VALUES (20, 10, 10, 1, 8, 0, 0, 222, 398764, 0, 2);
INSERT INTO JobMedia VALUES (64, 32, 32, 1, 17, 0, 0, 210, 28140, 0, 2);
INSERT INTO JobMedia VALUES (66, 33, 32, 1, 14, 0, 0, 28141, 257232, 0, 2);
INSERT INTO JobMedia VALUES (76, 38, 37, 1, 61, 0, 0, 218, 734885, 0, 2);
INSERT INTO JobMedia VALUES (102, 50, 49, 1, 12, 0, 0, 208, 940770, 0, 2);
INSERT INTO JobMedia VALUES (103, 51, 49, 1, 30, 0, 0, 774352, 1680427, 0, 2);
INSERT INTO JobMedia VALUES (104, 52, 49, 1, 30, 0, 0, 580816, 1853482, 0, 2);
INSERT INTO JobMedia VALUES (110, 54, 51, 1, 10, 0, 0, 220, 387291, 0, 2);
INSERT INTO JobMedia VALUES (112, 54, 53, 10, 61, 0, 0, 220, 347943, 0, 4);
INSERT INTO JobMedia VALUES (123, 64, 64, 0, 0, 0, 0, 0, 0, 0, 1);
