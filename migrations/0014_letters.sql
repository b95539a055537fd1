-- Letters: how a tenant's look, the file made of each, and the runs that print and post them.

-- What the tenant's letters look like and weigh, in the words of the API (track/letter_settings.h). None: the defaults.
create table letter_settings (
    tenant_id uuid primary key references tenants,
    settings jsonb not null,
    updated_at timestamptz not null default now(),
    updated_by_name text
);
select tenant_table('letter_settings');
grant select on letter_settings to track_worker;
grant select, insert, update on letter_settings to track_web;

-- Runs, numbered within the year: "2026-07".
create table print_runs (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    year smallint not null,
    no int not null,
    state text not null default 'MAKING' check (state in ('MAKING', 'READY', 'PRINTED', 'LODGED', 'CLOSED', 'FAILED',
        'CANCELLED')),
    sorted text not null check (sorted in ('walk', 'postcode')),
    separators text not null check (separators in ('building', 'none')),
    label_layout text,
    label_start smallint,
    building_ids uuid[] not null, -- of its letters: who may see all of them may see the run
    pieces int not null,
    sheets int not null, -- without separators
    grams float8 not null,
    done int not null default 0, -- letters put together, while MAKING
    error text,
    pages int, -- of the merged file, with separators
    print_sha256 text,
    printed_at timestamptz,
    printed_by_name text,
    lodged_at timestamptz,
    lodged_by_name text,
    accepted int, -- by the post
    scan_sha256 text, -- the stamped slip
    scan_file_name text,
    scan_content_type text,
    explanation text, -- why accepted differs from pieces
    closed_at timestamptz,
    closed_by_name text,
    cancelled_at timestamptz,
    created_at timestamptz not null default now(),
    created_by_name text,
    made_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, year, no),
    check (state <> 'CLOSED' or accepted = pieces or explanation is not null)
);
create index print_runs_recent on print_runs (tenant_id, created_at desc);
select tenant_table('print_runs');
grant select, update on print_runs to track_worker;
grant select, insert, update on print_runs to track_web;

-- The file of each letter, one for each attempt; run_id is the run that has it, free again where that is cancelled.
create table letters (
    tenant_id uuid not null,
    communication_id uuid not null,
    attempt_no smallint not null,
    sha256 text not null,
    pages smallint not null,
    sheets smallint not null,
    grams float8 not null,
    unknown smallint not null default 0, -- characters that no font has
    made_at timestamptz not null default now(),
    run_id uuid,
    returned_at timestamptz,
    return_reason text check (return_reason in ('moved', 'unknown', 'refused', 'deceased', 'noLetterbox')),
    return_photo_sha256 text,
    primary key (tenant_id, communication_id, attempt_no),
    foreign key (tenant_id, communication_id) references communications (tenant_id, id),
    foreign key (tenant_id, sha256) references blobs (tenant_id, sha256),
    foreign key (tenant_id, run_id) references print_runs (tenant_id, id)
);
create index letters_free on letters (tenant_id, communication_id) where run_id is null;
create index letters_run on letters (tenant_id, run_id) where run_id is not null;
select tenant_table('letters');
grant select, insert, update on letters to track_web, track_worker;

-- What each run holds, in the order of the merged file. `live` until the run is cancelled.
create table print_pieces (
    tenant_id uuid not null,
    run_id uuid not null,
    seq int not null check (seq > 0),
    communication_id uuid not null,
    attempt_no smallint not null,
    building_id uuid not null,
    sort_group text not null default '', -- what a separator stands before: building or post code
    class text not null check (class in ('LETTER', 'LETTER_WITH_RECEIPT')),
    sheets smallint not null,
    grams float8 not null,
    page int, -- in the merged file, from 1
    receipt text, -- number of a registered letter
    live boolean not null default true,
    primary key (tenant_id, run_id, seq),
    foreign key (tenant_id, run_id) references print_runs (tenant_id, id),
    foreign key (tenant_id, communication_id, attempt_no) references letters (tenant_id, communication_id, attempt_no)
);
create unique index print_pieces_once on print_pieces (tenant_id, communication_id, attempt_no) where live;
select tenant_table('print_pieces');
grant select, insert, update on print_pieces to track_web;
grant select, update on print_pieces to track_worker;
