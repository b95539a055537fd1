-- Cells of an import's file that are read as if they said something else. The file stays as it was uploaded; they go when it goes.
create table import_corrections (
    tenant_id uuid not null,
    id uuid not null default uuid7(),
    import_id uuid not null,
    line int not null check (line > 0),
    column_name text not null, -- as the file's header writes it
    value text not null,
    was text not null, -- what the file says
    corrected_at timestamptz not null default now(),
    corrected_by uuid,
    corrected_by_name text,
    primary key (tenant_id, id),
    unique (tenant_id, import_id, line, column_name),
    foreign key (tenant_id, import_id) references imports (tenant_id, id)
);
select tenant_table('import_corrections');
grant select, insert, update, delete on import_corrections to track_web;
grant select, delete on import_corrections to track_worker;
