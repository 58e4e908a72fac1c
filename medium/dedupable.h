/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that the daemon gives the files of a dedupable volume.  formats/volume-kinds.md 2 */
#ifndef MEDIUM_DEDUPABLE_H
#define MEDIUM_DEDUPABLE_H

#define DEDUPABLE_CONFIG "config"
#define DEDUPABLE_BLOCKS "blocks"
#define DEDUPABLE_PARTS "parts"
#define DEDUPABLE_ALIGNED "aligned.data"
#define DEDUPABLE_UNALIGNED "unaligned.data"

#endif
