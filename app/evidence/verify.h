/* Checking evidence packs without a server: the file is of somebody who may want to deceive.

   Nothing is unpacked: entries are read in memory, piece by piece. Refused are entries that are no
   plain files, names other than letters, digits, dots, hyphens and underscores between slashes, a
   million entries, files over 4 GiB, and over 64 GiB in all.

   Held against the chain of events are each message's id, status and digest of what was sent, the
   letters, the photographs of letters that came back, and SMS that were kept. All else is held by
   the manifest alone. */
#pragma once

#include "base/ctx.h"

struct evidence_root {
    const char *day, *root;
};

#define EVIDENCE_LOOSE 20

struct evidence_verdict {
    const char *sentence; /* the first thing that was changed, is missing or was added, named; NULL:
                             all is as it was written */
    long long packs, files, events;
    long long held;        /* files whose digest an event of the chain holds */
    long long loose_count; /* of letters, mails, attachments and proofs those that no event holds */
    const char *loose;     /* the first EVIDENCE_LOOSE of them by name */
    long long wordless;    /* events whose words and details were removed */
    const char *manifest;  /* SHA-256 of the manifest of all, as the audit trail keeps it */
    const struct evidence_root *roots; /* what it leads to, each once, to be held against those that
                                          were published */
    size_t root_count;
};

/* ERR_NOT_FOUND: the file cannot be opened, which c->problem says. All else is a verdict. */
enum err evidence_verify(struct ctx *c, const char *path, struct evidence_verdict *out) must_check;
