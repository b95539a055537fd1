-- Notes name colleagues.

-- Where a note names whom: who it is stays known when his name changes. It holds no words, and goes with those of its note.
create table note_mentions (
    tenant_id uuid not null,
    note_id uuid not null,
    communication_id uuid not null, -- of the note
    user_id uuid not null,
    "at" int not null check ("at" >= 0), -- of its @, in bytes of the note
    length int not null check (length > 1), -- in bytes, with the @
    primary key (tenant_id, note_id, "at"),
    foreign key (tenant_id, note_id) references communication_audit_notes,
    foreign key (tenant_id, communication_id) references communications (tenant_id, id),
    foreign key (tenant_id, user_id) references users
);
create index note_mentions_of on note_mentions (tenant_id, communication_id);
create index note_mentions_user on note_mentions (tenant_id, user_id, communication_id);
select tenant_table('note_mentions');
grant select, insert on note_mentions to track_web;
grant select on note_mentions to track_worker;

-- Of a note: [{at, length, name}] in order; null: it names nobody.
create function note_spans(note uuid) returns json language sql stable parallel safe as $$
    select json_agg(json_build_object('at', m."at", 'length', m.length, 'name', u.name) order by m."at")
    from note_mentions m
    join users u on u.tenant_id = current_tenant() and u.id = m.user_id
    where m.tenant_id = current_tenant() and m.note_id = note
$$;

-- What went to a provider to tell of a note holds its words, too.
insert into retention_stores values
('note_mentions', 'note_mentions', 'both', 't.communication_id = any ($1)', 'true', '{}'),
('http_calls of notes', 'http_calls', 'both', 't.entity = any (select ''communication:'' || n.id from communication_audit_notes n
    where n.tenant_id = current_tenant() and n.communication_id = any ($1))',
    't.request is not null or t.response is not null or t.error is not null',
    '{"request": "null", "response": "null", "error": "null"}');
